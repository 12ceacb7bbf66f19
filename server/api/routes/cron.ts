import { auditedChange } from '../../apps/audited-change.ts'
import { cronEndpoints } from '../../contract/cron.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const cronRoutes = (deps: ApiDeps): RoutesOf<typeof cronEndpoints> => ({
  list: answer(cronEndpoints.list, ({ app }) => deps.deploy.cron(app.id)),
  runs: answer(cronEndpoints.runs, ({ app, query }) =>
    deps.deploy.cronRuns(app.id, query.entry ?? null, query.lines),
  ),
  run: answer(cronEndpoints.run, ({ caller, app, params }) =>
    auditedChange(deps, caller, app, { action: 'cron.run', detail: { entry: params.entry } }, (tx) =>
      deps.deploy.runCron(tx, app.id, params.entry),
    ),
  ),
})

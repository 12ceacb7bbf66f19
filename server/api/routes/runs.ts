import { auditedChange } from '../../apps/audited-change.ts'
import { programOf } from '../../runs/program-of.ts'
import { runEndpoints } from '../../contract/runs.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const runRoutes = (deps: ApiDeps): RoutesOf<typeof runEndpoints> => ({
  create: answer(runEndpoints.create, ({ caller, app, body }) =>
    // The command may hold a secret that somebody typed; only the length of it is kept for ever.
    auditedChange(
      deps,
      caller,
      app,
      { action: 'run.create', detail: { command_length: body.command.length, attach: body.attach } },
      (tx) => deps.deploy.createRun(tx, app.id, caller, body),
    ),
  ),
  exec: answer(runEndpoints.exec, ({ caller, app, params, body }) => {
    const detail = {
      instance: params.instance.slice(0, 100),
      program: programOf(body.command),
      pty: body.pty !== null,
    }
    return auditedChange(deps, caller, app, { action: 'instance.exec', detail }, (tx) =>
      deps.deploy.execInInstance(tx, app.id, params.instance, body),
    )
  }),
})

import { auditedChange } from '../../apps/audited-change.ts'
import { formationEndpoints } from '../../contract/formation.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const formationRoutes = (deps: ApiDeps): RoutesOf<typeof formationEndpoints> => ({
  list: answer(formationEndpoints.list, ({ app }) => deps.deploy.formation(app.id)),
  scale: answer(formationEndpoints.scale, ({ caller, app, body: { updates } }) =>
    auditedChange(deps, caller, app, { action: 'formation.scale', detail: { updates } }, (tx) =>
      deps.deploy.scale(tx, app.id, caller, updates),
    ),
  ),
  instances: answer(formationEndpoints.instances, ({ app }) => deps.deploy.instances(app.id)),
  restart: answer(formationEndpoints.restart, ({ caller, app, body }) =>
    auditedChange(deps, caller, app, { action: 'formation.restart', detail: { ...body } }, (tx) =>
      deps.deploy.restart(tx, app.id, caller, body),
    ),
  ),
})

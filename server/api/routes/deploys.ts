import { auditedChange } from '../../apps/audited-change.ts'
import type { AuthorisedApp } from '../../accounts/authorise.ts'
import type { Caller } from '../../accounts/caller.ts'
import { deployEndpoints } from '../../contract/deploys.ts'
import type { Steering } from '../../deploy/deploy.ts'
import { listEvents } from '../../rollouts/list-events.ts'
import { showStrategy } from '../../rollouts/strategy.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'
import { versionOf } from './releases.ts'

export const deployRoutes = (deps: ApiDeps): RoutesOf<typeof deployEndpoints> => {
  const steer = (caller: Caller, app: AuthorisedApp, deployment: string, how: Steering) =>
    auditedChange(deps, caller, app, { action: `deployment.${how}`, detail: { deployment } }, (tx) =>
      deps.deploy.steer(tx, app.id, caller, deployment, how),
    )
  return {
    strategy: answer(deployEndpoints.strategy, ({ app }) => showStrategy(deps.db, app.id)),
    setStrategy: answer(deployEndpoints.setStrategy, ({ caller, app, body }) =>
      auditedChange(deps, caller, app, { action: 'app.deploy-strategy', detail: { ...body } }, (tx) =>
        deps.deploy.setStrategy(tx, app.id, body),
      ),
    ),
    pause: answer(deployEndpoints.pause, ({ caller, app, params }) =>
      steer(caller, app, params.deployment, 'pause'),
    ),
    resume: answer(deployEndpoints.resume, ({ caller, app, params }) =>
      steer(caller, app, params.deployment, 'resume'),
    ),
    promote: answer(deployEndpoints.promote, ({ caller, app, params }) =>
      steer(caller, app, params.deployment, 'promote'),
    ),
    abort: answer(deployEndpoints.abort, ({ caller, app, params }) =>
      steer(caller, app, params.deployment, 'abort'),
    ),
    events: answer(deployEndpoints.events, ({ app, params }) =>
      listEvents(deps.db, app.id, versionOf(params.version)),
    ),
  }
}

import { createApp } from '../../apps/create-app.ts'
import { destroyApp } from '../../apps/destroy-app.ts'
import { infoApp } from '../../apps/info-app.ts'
import { listApps } from '../../apps/list-apps.ts'
import { updateApp } from '../../apps/update-app.ts'
import { appEndpoints } from '../../contract/apps.ts'
import { refuseName } from '../../domain/app-names.ts'
import { DomainError } from '../../domain/errors.ts'
import type { ApiDeps } from '../deps.ts'
import { presentApp } from '../present/app.ts'
import { answer, type RoutesOf } from '../route.ts'

export const appRoutes = (deps: ApiDeps): RoutesOf<typeof appEndpoints> => {
  const { reach } = deps.config
  return {
    list: answer(appEndpoints.list, async ({ caller }) =>
      (await listApps(deps, caller)).map((row) => presentApp(row, reach)),
    ),
    create: answer(
      appEndpoints.create,
      async ({ caller, body }) => presentApp(await createApp(deps, caller, body), reach),
      invalidName,
    ),
    info: answer(appEndpoints.info, async ({ app }) => presentApp(await infoApp(deps, app.id), reach)),
    update: answer(appEndpoints.update, async ({ caller, app, body }) =>
      presentApp(await updateApp(deps, caller, app.id, body), reach),
    ),
    destroy: answer(appEndpoints.destroy, async ({ caller, app, query }) =>
      presentApp(await destroyApp(deps, caller, app.id, query.confirm), reach),
    ),
  }
}

/** A wrong name is the most likely mistake here, and deserves its own words. */
function invalidName(body: unknown): DomainError | null {
  if (typeof body !== 'object' || body === null || !('name' in body) || typeof body.name !== 'string')
    return null
  const refusal = refuseName(body.name)
  return refusal === null ? null : new DomainError('name_invalid', refusal)
}

import { auditedChange } from '../../apps/audited-change.ts'
import { buildCacheEndpoints } from '../../contract/build-caches.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const buildCacheRoutes = (deps: ApiDeps): RoutesOf<typeof buildCacheEndpoints> => ({
  list: answer(buildCacheEndpoints.list, ({ app }) => deps.deploy.buildCaches(app.id)),
  purge: answer(buildCacheEndpoints.purge, async ({ caller, app }) => {
    // Written down before it is done, so that no lock is held meanwhile.
    await auditedChange(deps, caller, app, { action: 'build.purge-caches', detail: {} }, async () => null)
    return deps.deploy.purgeBuildCaches(app.id)
  }),
})

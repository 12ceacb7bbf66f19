import { endpoints } from '../../contract/endpoints.ts'
import { platformEndpoints } from '../../contract/platform.ts'
import { panelUrl } from '../../domain/hostname.ts'
import type { ApiDeps } from '../deps.ts'
import { openapi } from '../openapi.ts'
import { answer, type RoutesOf } from '../route.ts'

export const platformRoutes = (deps: ApiDeps): RoutesOf<typeof platformEndpoints> => {
  const { version, reach } = deps.config
  let document: unknown
  return {
    health: answer(platformEndpoints.health, () => deps.status.health()),
    status: answer(platformEndpoints.status, () => deps.status.read()),
    openapi: answer(
      platformEndpoints.openapi,
      async () => (document ??= openapi(endpoints, version, panelUrl(reach))),
    ),
  }
}

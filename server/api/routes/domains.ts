import { domainEndpoints } from '../../contract/domains.ts'
import { addDomain } from '../../domains/add-domain.ts'
import { asCustom, listDomains } from '../../domains/list-domains.ts'
import { removeDomain } from '../../domains/remove-domain.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const domainRoutes = (deps: ApiDeps): RoutesOf<typeof domainEndpoints> => ({
  list: answer(domainEndpoints.list, ({ app }) => listDomains(deps, app)),
  add: answer(domainEndpoints.add, async ({ caller, app, body }) =>
    asCustom(await addDomain(deps, caller, app.id, body.hostname)),
  ),
  remove: answer(domainEndpoints.remove, async ({ caller, app, params }) =>
    asCustom(await removeDomain(deps, caller, app.id, params.hostname)),
  ),
})

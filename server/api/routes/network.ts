import { networkEndpoints } from '../../contract/network.ts'
import { setEgress, showEgress } from '../../network/egress.ts'
import { addLink, listLinks, removeLink } from '../../network/links.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const networkRoutes = (deps: ApiDeps): RoutesOf<typeof networkEndpoints> => {
  const { network } = deps.deploy
  return {
    egress: answer(networkEndpoints.egress, ({ app }) => showEgress(deps, network, app.id)),
    setEgress: answer(networkEndpoints.setEgress, ({ caller, app, body: { policy, allow } }) =>
      setEgress(deps, network, caller, app.id, { policy, allow: allow ?? [] }),
    ),
    links: answer(networkEndpoints.links, ({ app }) => listLinks(deps, app.id)),
    addLink: answer(networkEndpoints.addLink, ({ caller, app, body }) =>
      addLink(deps, network, caller, app.id, body.app),
    ),
    removeLink: answer(networkEndpoints.removeLink, ({ caller, app, params }) =>
      removeLink(deps, network, caller, app.id, params.other),
    ),
  }
}

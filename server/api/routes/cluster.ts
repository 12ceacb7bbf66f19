import { clusterEndpoints } from '../../contract/cluster.ts'
import { updateNode } from '../../nodes/update-node.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const clusterRoutes = (deps: ApiDeps): RoutesOf<typeof clusterEndpoints> => ({
  nodes: answer(clusterEndpoints.nodes, () => deps.deploy.nodes()),
  update: answer(clusterEndpoints.update, ({ caller, params, body }) =>
    updateNode(deps, () => deps.deploy.nodes(), caller, params.node, body),
  ),
})

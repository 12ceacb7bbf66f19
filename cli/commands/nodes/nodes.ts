import { clusterEndpoints, type Node } from '../../../server/contract/cluster.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'

const gb = (mb: number) => `${(mb / 1024).toFixed(1)} GB`
const cores = (milli: number) => String(milli / 1000)

function stateOf(node: Node): string {
  const state = node.reachable ? 'up' : 'does not answer'
  return node.cordoned_at === null ? state : `${state}, cordoned`
}

function rows(node: Node): string[][] {
  const { total, used, allocated, memory_overcommit: times } = node
  const none = '-'
  return [
    [
      `${node.name} memory`,
      total === null ? none : gb(total.memory_mb),
      `${gb(allocated.memory_mb)}${total === null ? '' : ` of ${gb(total.memory_mb * times)}`}`,
      used === null ? none : gb(used.memory_mb),
    ],
    [
      `${node.name} cores`,
      total === null ? none : cores(total.cpu_milli),
      cores(allocated.cpu_milli),
      used === null ? none : `load ${used.load.toFixed(2)}`,
    ],
    [
      `${node.name} disk`,
      total === null ? none : gb(total.disk_mb),
      none,
      used === null ? none : gb(used.disk_mb),
    ],
  ]
}

export const listNodes: Action = async (cli, input) => {
  const api = await cli.api()
  const nodes = await api.call(clusterEndpoints.nodes, {})
  if (input.flag('json')) return cli.json(nodes)
  const state = nodes.map((node) => `${node.name}: ${stateOf(node)}, ${node.allocated.instances} instances\n`)
  cli.print(`${state.join('')}\n${table(['NODE', 'TOTAL', 'PROMISED', 'USED'], nodes.flatMap(rows))}`)
}

const change =
  (cordoned: boolean): Action =>
  async (cli, input) => {
    const node = input.required(0)
    const api = await cli.api()
    const changed = await cli.progress(
      cordoned ? `Cordoning ${node}` : `Taking ${node} back`,
      () => api.call(clusterEndpoints.update, { params: { node }, body: { cordoned } }),
      () => (cordoned ? 'done, nothing new is placed on it' : 'done, it takes instances again'),
    )
    if (input.flag('json')) cli.json(changed)
  }

export const cordon = change(true)
export const uncordon = change(false)

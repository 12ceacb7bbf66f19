import type { Node } from '../contract/cluster.ts'
import type { NodeResources } from '../contract/nodes.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { allocated } from '../domain/capacity.ts'
import { nodeRows, promisedSizes, type NodeRow } from '../store/nodes.ts'

const PATIENCE_MS = 2_000

type Ctx = Pick<DeployContext, 'db' | 'node'> & {
  readonly settings: Pick<DeployContext['settings'], 'memoryOvercommit'>
}

/** What there is, what is promised and what is used. A node that does not answer shows what it had. */
export async function listNodes(ctx: Ctx): Promise<Node[]> {
  const [rows, promised, now] = await Promise.all([
    nodeRows(ctx.db),
    promisedSizes(ctx.db),
    ctx.node.call('hello', {}, { timeout: PATIENCE_MS }).catch(() => null),
  ])
  const sums = allocated(promised)
  return rows.map((row) => ({
    name: row.name,
    reachable: now !== null,
    cordoned_at: row.cordoned_at,
    total: totalOf(now?.resources ?? row.resources),
    used: usedOf(now?.resources ?? null),
    allocated: { memory_mb: sums.memoryMb, cpu_milli: sums.cpuMilli, instances: sums.instances },
    memory_overcommit: ctx.settings.memoryOvercommit,
  }))
}

const totalOf = (has: NodeRow['resources']): Node['total'] =>
  has === null ? null : { memory_mb: has.memoryMb, cpu_milli: has.cpuMilli, disk_mb: has.diskMb }

const usedOf = (now: NodeResources | null): Node['used'] =>
  now === null
    ? null
    : {
        memory_mb: now.memoryMb - now.memoryFreeMb,
        load: now.load,
        disk_mb: now.diskMb - now.diskFreeMb,
      }

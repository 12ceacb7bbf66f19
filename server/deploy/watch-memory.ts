import { memoryWarnings, type MemoryUse } from '../domain/memory.ts'
import { limitsOf } from '../domain/sizes.ts'
import { runningSizes } from '../store/instances.ts'
import type { DeployContext } from './deploy-context.ts'
import { tell } from './platform-log.ts'
import { isPassing } from './verdict.ts'

const EVERY = 20_000

/** Warns an app's log of instances that are about to be ended for their memory. */
export function watchMemory(ctx: Pick<DeployContext, 'db' | 'node' | 'settings' | 'log'>): Disposable {
  let warned: ReadonlyMap<string, number> = new Map()
  let busy = false
  const look = async () => {
    const [used, rows] = await Promise.all([ctx.node.call('stats', {}), runningSizes(ctx.db)])
    const of = new Map<string, (typeof rows)[number]>(rows.map((row) => [row.id, row]))
    const uses = used.flatMap(({ id, memoryMb }): MemoryUse[] => {
      const row = of.get(id)
      return row === undefined ? [] : [{ id, usedMb: memoryMb, limitMb: limitsOf(row.size).memoryMb }]
    })
    const told = memoryWarnings(uses, warned, performance.now())
    warned = told.warned
    for (const { id, lines } of told.warnings) {
      const row = of.get(id)
      if (row !== undefined) tell(ctx, row.app_id, row.name, ...lines)
    }
  }
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    look()
      .catch((error: unknown) => {
        if (!isPassing(error)) ctx.log.warn({ error: String(error) }, 'the memory of instances is not known')
      })
      .finally(() => (busy = false))
  }, EVERY)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

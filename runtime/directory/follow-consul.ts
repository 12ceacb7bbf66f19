import { setTimeout as sleep } from 'node:timers/promises'
import type { RegisteredInstance } from '../../server/contract/directory.ts'
import type { Registry } from '../registry/registry.ts'
import type { Directory } from './directory.ts'

const PING_MS = 1000

/**
 * Tells the directory what Consul says, until aborted: the set at each change, and that Consul is away as soon as a
 * ping (one a second) fails. Coming back, the last set is not trusted: the watch has to deliver a new one, so it is
 * begun anew.
 */
export async function followConsul(
  directory: Directory,
  consul: Registry,
  signal: AbortSignal,
  say: (message: string, facts?: Record<string, unknown>) => void,
): Promise<void> {
  let watching: AbortController | null = null
  let reason = ''
  while (!signal.aborted) {
    const state = await consul.ping()
    if (state.ok && watching === null) {
      watching = new AbortController()
      const { signal: until } = watching
      const changed = (instances: readonly RegisteredInstance[]) => {
        if (!until.aborted) directory.consul({ kind: 'consul', instances })
      }
      void consul.watch(changed, until)
      say('Consul answers; its registry is compared and adopted once it equals what agents report')
      reason = ''
    }
    if (!state.ok) {
      if (watching !== null || reason !== state.reason) {
        say('Consul is away; the embedded registry serves', { reason: state.reason })
      }
      reason = state.reason
      watching?.abort()
      watching = null
      directory.consul({ kind: 'consul-away' })
    } else directory.consul({ kind: 'tick' })
    await sleep(PING_MS, undefined, { signal }).catch(() => undefined)
  }
  watching?.abort()
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { RegisteredInstance } from '../../server/contract/directory.ts'
import type { Registry } from '../registry/registry.ts'

/** How long a ready instance waits for the registry before it is called ready all the same. */
const PATIENCE_MS = 5000
const RETRY_MS = 500
const SPARE_RETRY_MS = 5000

/** Keeps the registries at what serves on this node. The first registry is the one that routing needs. */
export interface Publisher {
  /** Resolves once the first registry has the set as it is now, or has not answered for 5 s. */
  sync(): Promise<void>
  /** Takes one out at once, then syncs. */
  withdraw(instance: string): Promise<void>
  close(): void
}

export function createPublisher(
  node: string,
  registries: readonly Registry[],
  serving: () => readonly RegisteredInstance[],
): Publisher {
  let closed = false
  const loops = registries.map((registry, index) =>
    keepInStep(registry, index === 0 ? RETRY_MS : SPARE_RETRY_MS),
  )

  /** One write at a time; those who ask meanwhile share the next one, which has all of their changes. */
  function keepInStep(registry: Registry, retry: number) {
    let running: Promise<void> | null = null
    let next: Promise<void> | null = null
    async function publish(): Promise<void> {
      for (;;) {
        try {
          return await registry.publish(node, serving())
        } catch {
          // Away, or not there at all (Consul is optional): what serves is told when it is back.
          if (closed) return
          await sleep(retry, undefined, { ref: false })
        }
      }
    }
    return function ask(): Promise<void> {
      if (running === null) {
        running = publish().finally(() => (running = null))
        return running
      }
      next ??= running.then(() => {
        next = null
        return ask()
      })
      return next
    }
  }

  async function sync(): Promise<void> {
    const [first] = loops.map((ask) => ask())
    if (first !== undefined) await Promise.race([first, sleep(PATIENCE_MS, undefined, { ref: false })])
  }

  return {
    sync,
    async withdraw(instance) {
      const tell = Promise.allSettled(registries.map((registry) => registry.withdraw(node, instance)))
      await Promise.race([tell, sleep(PATIENCE_MS, undefined, { ref: false })])
      await sync()
    },
    close() {
      closed = true
    },
  }
}

import type { Bus, Topic } from './bus.ts'

export interface Waiter extends Disposable {
  /** Resolves when a topic that matters came since the last wait (at once if it did), or after `most` ms. */
  wait(most: number, signal?: AbortSignal): Promise<void>
}

/**
 * Waits for news without missing any: it listens from the moment that it is made, so what comes between a look at the
 * database and the wait ends that wait at once.
 */
export function listenFor(bus: Bus, matters: (what: Topic) => boolean): Waiter {
  let news = false
  let wake: (() => void) | null = null
  const stop = bus.hear((what) => {
    if (what !== null && !matters(what)) return
    news = true
    wake?.()
  })
  return {
    async wait(most, signal) {
      if (!news && signal?.aborted !== true) {
        await new Promise<void>((resolve) => {
          const done = () => {
            wake = null
            clearTimeout(timer)
            signal?.removeEventListener('abort', done)
            resolve()
          }
          wake = done
          const timer = setTimeout(done, most)
          signal?.addEventListener('abort', done, { once: true })
        })
      }
      news = false
    },
    [Symbol.dispose]: stop,
  }
}

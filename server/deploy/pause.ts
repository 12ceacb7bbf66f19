import type { Bus, Topic } from './bus.ts'

/** Resolves when a topic is announced that `matters`, when anything may have been, or after `most` ms. */
export function pause(
  bus: Bus,
  matters: (what: Topic) => boolean,
  most: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop()
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, most)
    const stop = bus.hear((what) => {
      if (what === null || matters(what)) done()
    })
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted === true) done()
  })
}

import { useSyncExternalStore } from 'react'
import { exactTime, relativeTime } from './time-text.ts'

/** One clock for the whole page, so that hundreds of times cost one timer. */
let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const tell of listeners) tell()
  }, 10_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
const read = () => now

/** How long ago; the exact time with its zone in the title and for screen readers. */
export function Time({ at }: { readonly at: string }) {
  const current = useSyncExternalStore(subscribe, read)
  const exact = exactTime(at)
  return (
    <time dateTime={at} title={exact} className="number">
      {relativeTime(Date.parse(at), current)}
    </time>
  )
}

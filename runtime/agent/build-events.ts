import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { BuildEvent } from '../../server/contract/nodes.ts'

type WithoutSeq<T> = T extends unknown ? Omit<T, 'seq'> : never
export type NewBuildEvent = WithoutSeq<BuildEvent>

/** The events of one build: kept in a file, told to whoever follows, from any place on. */
export interface BuildEvents {
  add(event: NewBuildEvent): void
  readonly ended: boolean
  readonly count: number
  /** Calls `told` with every event after `after`, those to come included, until the build has ended or is left. */
  follow(after: number, told: (event: BuildEvent) => void, signal: AbortSignal): Promise<void>
}

export function isEnd(event: Pick<BuildEvent, 'type'>): boolean {
  return event.type === 'succeeded' || event.type === 'failed'
}

/** A last line that was cut off by a kill is left out. */
export function parseEvents(text: string): BuildEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [BuildEvent.parse(JSON.parse(line))]
      } catch {
        return []
      }
    })
}

export function openBuildEvents(file: string): BuildEvents {
  const events = existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : []
  // A line that was cut off would swallow the next one.
  if (events.length > 0)
    writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''), { mode: 0o600 })
  const listeners = new Set<() => void>()
  const ended = () => events.some(isEnd)
  return {
    get ended() {
      return ended()
    },
    get count() {
      return events.length
    },
    add(event) {
      const next = { ...event, seq: (events.at(-1)?.seq ?? 0) + 1 } as BuildEvent
      appendFileSync(file, `${JSON.stringify(next)}\n`, { mode: 0o600 })
      events.push(next)
      // A woken one takes itself off the set; those who come meanwhile are not of this turn.
      for (const wake of Array.from(listeners)) wake()
    },
    async follow(after, told, signal) {
      let seen = after
      for (;;) {
        for (const event of events.filter((one) => one.seq > seen)) {
          told(event)
          seen = event.seq
        }
        if (signal.aborted || (ended() && seen >= (events.at(-1)?.seq ?? 0))) return
        await new Promise<void>((resolve) => {
          const wake = () => {
            listeners.delete(wake)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          listeners.add(wake)
          signal.addEventListener('abort', wake)
        })
      }
    },
  }
}

import { type Cron, nextAfter, parseCron } from './cron.ts'

/** An entry of the release that serves. */
export interface ScheduleEntry {
  readonly name: string
  readonly schedule: string
  readonly overlap: 'skip' | 'allow'
}

/** Up to when the due times of an entry have been dealt with; ms since the epoch. */
export interface Seen {
  readonly entry: string
  readonly schedule: string
  readonly until: number
}

/** ms that a run may start late, where nobody was there at its time; what is later is missed. */
export const LATEST_START = 10 * 60_000
/** ms of the past that are looked at: more has no use, and every minute of a week are ten thousand. */
const HORIZON = 7 * 86_400_000

export interface Due {
  readonly entry: string
  /** The due time that is run now; null: it is too late for the last one. */
  readonly run: number | null
  /** The last of the due times that are run no more, and how many there were; null: none. */
  readonly missed: { readonly at: number; readonly count: number } | null
}

export interface Schedule {
  readonly due: readonly Due[]
  /** What to remember, of every entry that is new or had something due. */
  readonly seen: readonly Seen[]
  /** Names of entries that are no more. */
  readonly gone: readonly string[]
}

/**
 * What is due of an app's schedule at `now`. `since`: when its release went live, from which on a new entry, or one with
 * another schedule, counts. Of several due times that have passed, at most the last is run. Pure.
 */
export function planSchedule(
  entries: readonly ScheduleEntry[],
  known: readonly Seen[],
  since: number,
  now: number,
): Schedule {
  const due: Due[] = []
  const seen: Seen[] = []
  for (const { name, schedule } of entries) {
    const before = known.find((one) => one.entry === name && one.schedule === schedule)
    const parsed = parseCron(schedule)
    if (!parsed.ok) continue
    const times = dueTimes(parsed.cron, Math.max(before?.until ?? since, now - HORIZON), now)
    if (before === undefined || times.length > 0) seen.push({ entry: name, schedule, until: now })
    const last = times.at(-1)
    if (last === undefined) continue
    const run = now - last <= LATEST_START ? last : null
    const over = run === null ? times : times.slice(0, -1)
    const at = over.at(-1)
    due.push({ entry: name, run, missed: at === undefined ? null : { at, count: over.length } })
  }
  const names = new Set(entries.map(({ name }) => name))
  return { due, seen, gone: known.filter(({ entry }) => !names.has(entry)).map(({ entry }) => entry) }
}

function dueTimes(cron: Cron, after: number, until: number): number[] {
  const times: number[] = []
  for (let at = nextAfter(cron, after); at !== null && at <= until; at = nextAfter(cron, at)) times.push(at)
  return times
}

/** When it runs next; null: never, or nobody can tell. */
export function nextRun(schedule: string, now: number): number | null {
  const parsed = parseCron(schedule)
  return parsed.ok ? nextAfter(parsed.cron, now) : null
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`, then the date; what is to come `in 3 h`. Clocks that differ by a minute are one. Pure but for the locale. */
export function relativeTime(at: number, now: number): string {
  const age = now - at
  if (age < -MINUTE) return ahead(-age, at)
  if (age < 45 * SECOND) return 'just now'
  if (age < HOUR) return `${Math.max(1, Math.round(age / MINUTE))} min ago`
  if (age < DAY) return `${Math.round(age / HOUR)} h ago`
  if (age < 7 * DAY) return Math.round(age / DAY) === 1 ? 'yesterday' : `${Math.round(age / DAY)} days ago`
  return dateOf(at)
}

function ahead(left: number, at: number): string {
  if (left < HOUR) return `in ${Math.round(left / MINUTE)} min`
  if (left < DAY) return `in ${Math.round(left / HOUR)} h`
  if (left < 60 * DAY) return Math.round(left / DAY) === 1 ? 'tomorrow' : `in ${Math.round(left / DAY)} days`
  return dateOf(at)
}

// Made once: making a format costs more than drawing a line of a log.
const DATE = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' })
const EXACT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })

const dateOf = (at: number) => DATE.format(at)

/** To the second, with the zone it is told in. */
export const exactTime = (at: string): string => EXACT.format(Date.parse(at))

/** `0.4 s`, `12 s`, `3 min 4 s`, `1 h 2 min`. Pure. */
export function duration(ms: number): string {
  if (ms < 10 * SECOND) return `${(Math.max(0, ms) / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`
}

/** `14:03:21.482` of a log line, in the reader's own zone. Pure but for the zone. */
export function clockTime(at: string): string {
  const date = new Date(at)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

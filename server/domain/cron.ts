/** When something is due, in UTC: the fields of crontab(5) as sets of numbers. */
export interface Cron {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  /** 1 to 12. */
  readonly months: ReadonlySet<number>
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>
  /** Both the day of the month and that of the week are named: then either is enough. */
  readonly eitherDay: boolean
}

export type ParsedCron =
  | { readonly ok: true; readonly cron: Cron }
  | { readonly ok: false; readonly message: string }

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

interface Field {
  readonly name: string
  readonly low: number
  readonly high: number
  /** Names in the order of their numbers, from `low` on. */
  readonly names: readonly string[]
}
const FIELDS: readonly Field[] = [
  { name: 'minute', low: 0, high: 59, names: [] },
  { name: 'hour', low: 0, high: 23, names: [] },
  { name: 'day of the month', low: 1, high: 31, names: [] },
  { name: 'month', low: 1, high: 12, names: MONTHS },
  // 7 is Sunday as well.
  { name: 'day of the week', low: 0, high: 7, names: WEEKDAYS },
]

const MINUTE = 60_000
const DAY = 86_400_000
/** Between two 29ths of February there may be eight years, where a century has none. */
const LONGEST_DAYS = 8 * 366 + 1

/** Five fields of numbers, names, lists, ranges and steps, or a word such as `@daily`. */
export function parseCron(text: string): ParsedCron {
  const written = text.trim().toLowerCase()
  const line = Object.hasOwn(MACROS, written) ? (MACROS[written] ?? '') : written
  if (line.startsWith('@'))
    return { ok: false, message: `"${shown(text)}" is none of ${Object.keys(MACROS).join(', ')}` }
  const words = line.split(/\s+/)
  if (words.length !== FIELDS.length)
    return {
      ok: false,
      message: `"${shown(text)}" has ${words.length} fields; it takes minute, hour, day of the month, month, day of the week`,
    }
  const sets: Set<number>[] = []
  for (const [index, field] of FIELDS.entries()) {
    const word = words[index] ?? ''
    const set = parseField(word, field)
    if (set === null)
      return {
        ok: false,
        message: `"${shown(word)}" is no ${field.name}: it takes ${field.low} to ${field.high}, lists, ranges and steps`,
      }
    sets.push(set)
  }
  const [minutes, hours, days, months, weekdays] = sets
  if (!minutes || !hours || !days || !months || !weekdays) throw new Error('a field of a schedule is missing')
  if (weekdays.delete(7)) weekdays.add(0)
  const eitherDay = !words[2]?.startsWith('*') && !words[4]?.startsWith('*')
  const cron: Cron = { minutes, hours, days, months, weekdays, eitherDay }
  return nextAfter(cron, 0) === null
    ? { ok: false, message: `"${shown(text)}" names a day that never comes` }
    : { ok: true, cron }
}

function parseField(word: string, field: Field): Set<number> | null {
  const set = new Set<number>()
  for (const part of word.split(',')) {
    const [range = '', step, ...rest] = part.split('/')
    const every = step === undefined ? 1 : whole(step)
    if (every === null || every < 1 || every > field.high || rest.length > 0) return null
    const ends = parseRange(range, field, step !== undefined)
    if (ends === null) return null
    for (let value = ends[0]; value <= ends[1]; value += every) set.add(value)
  }
  return set
}

function parseRange(range: string, field: Field, stepped: boolean): readonly [number, number] | null {
  // In a whole week Sunday is there once.
  const end = field.names === WEEKDAYS ? 6 : field.high
  if (range === '*') return [field.low, end]
  const [first = '', last, ...rest] = range.split('-')
  const from = valueOf(first, field)
  const to = last === undefined ? (stepped ? Math.max(end, from ?? 0) : from) : valueOf(last, field)
  return from === null || to === null || from > to || rest.length > 0 ? null : [from, to]
}

function valueOf(word: string, { low, high, names }: Field): number | null {
  const named = names.indexOf(word)
  const value = named >= 0 ? low + named : whole(word)
  return value === null || value < low || value > high ? null : value
}

const whole = (word: string): number | null => (/^\d{1,4}$/.test(word) ? Number(word) : null)
const shown = (text: string): string => text.slice(0, 60).replace(/[\p{Cc}\p{Cf}]/gu, '�')

/** The first due time after `time` (ms since the epoch); null: there is none. Pure, and all of it in UTC. */
export function nextAfter(cron: Cron, time: number): number | null {
  const from = (Math.floor(time / MINUTE) + 1) * MINUTE
  const first = Math.floor(from / DAY) * DAY
  for (let day = first, count = 0; count <= LONGEST_DAYS; day += DAY, count++) {
    if (!isDay(cron, new Date(day))) continue
    for (const hour of sorted(cron.hours))
      for (const minute of sorted(cron.minutes)) {
        const at = day + hour * 60 * MINUTE + minute * MINUTE
        if (at >= from) return at
      }
  }
  return null
}

const sorted = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b)

function isDay(cron: Cron, date: Date): boolean {
  if (!cron.months.has(date.getUTCMonth() + 1)) return false
  const day = cron.days.has(date.getUTCDate())
  const weekday = cron.weekdays.has(date.getUTCDay())
  return cron.eitherDay ? day || weekday : day && weekday
}

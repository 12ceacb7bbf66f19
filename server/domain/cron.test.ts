import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LATEST_START, planSchedule, type ScheduleEntry, type Seen } from './cron-due.ts'
import { nextAfter, parseCron } from './cron.ts'

const at = (text: string) => Date.parse(`${text}Z`)
function next(schedule: string, after: string): string | null {
  const parsed = parseCron(schedule)
  if (!parsed.ok) throw new Error(parsed.message)
  const time = nextAfter(parsed.cron, at(after))
  return time === null ? null : new Date(time).toISOString().slice(0, 16)
}
const message = (schedule: string) => {
  const parsed = parseCron(schedule)
  return parsed.ok ? null : parsed.message
}

describe('a schedule', () => {
  it.each([
    ['* * * * *', '2026-01-01T00:00:30', '2026-01-01T00:01'],
    ['*/15 * * * *', '2026-01-01T00:45:00', '2026-01-01T01:00'],
    ['5/20 * * * *', '2026-01-01T00:25:00', '2026-01-01T00:45'],
    ['0 3 * * *', '2026-01-01T03:00:00', '2026-01-02T03:00'],
    ['0 9-17/4 * * mon-fri', '2026-01-02T18:00:00', '2026-01-05T09:00'],
    ['0 0 1,15 * *', '2026-01-15T12:00:00', '2026-02-01T00:00'],
    ['0 0 13 * fri', '2026-01-10T00:00:00', '2026-01-13T00:00'],
    ['0 0 */2 * mon', '2026-01-06T00:00:00', '2026-01-19T00:00'],
    ['0 0 * * 7', '2026-01-01T00:00:00', '2026-01-04T00:00'],
    ['0 0 29 2 *', '2097-01-01T00:00:00', '2104-02-29T00:00'],
    ['30 23 31 dec *', '2026-12-31T23:30:00', '2027-12-31T23:30'],
    ['@hourly', '2026-03-29T00:59:59', '2026-03-29T01:00'],
    ['@weekly', '2026-01-01T00:00:00', '2026-01-04T00:00'],
    ['@YEARLY', '2026-01-01T00:00:00', '2027-01-01T00:00'],
  ])('%s is due after %s at %s', (schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected)
  })

  it.each([
    ['* * * *', '"* * * *" has 4 fields'],
    ['60 * * * *', '"60" is no minute: it takes 0 to 59'],
    ['* 5-3 * * *', '"5-3" is no hour'],
    ['*/0 * * * *', '"*/0" is no minute'],
    ['1,,2 * * * *', 'is no minute'],
    ['0 0 30 feb *', 'names a day that never comes'],
    ['0 0 * foo *', '"foo" is no month'],
    ['@reboot', 'is none of @yearly'],
    ['', 'fields'],
  ])('%s is refused with the reason', (schedule, reason) => {
    expect(message(schedule)).toContain(reason)
  })

  const list = (low: number, high: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: 1, max: Math.min(12, high) }).map((step) => `*/${step}`),
      fc
        .array(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 4 })
        .map((some) => some.join(',')),
    )
  const schedules = fc
    .tuple(list(0, 59), list(0, 23), list(1, 28), list(1, 12), list(0, 6))
    .map((fields) => fields.join(' '))

  it('is due at whole minutes that fit its fields, and at none between', () => {
    fc.assert(
      fc.property(schedules, fc.integer({ min: 0, max: 4e12 }), (schedule, after) => {
        const parsed = parseCron(schedule)
        if (!parsed.ok) throw new Error(parsed.message)
        const { cron } = parsed
        const due = nextAfter(cron, after)
        if (due === null) throw new Error('never')
        const fits = (time: number) => {
          const date = new Date(time)
          const day = cron.days.has(date.getUTCDate())
          const weekday = cron.weekdays.has(date.getUTCDay())
          return (
            cron.minutes.has(date.getUTCMinutes()) &&
            cron.hours.has(date.getUTCHours()) &&
            cron.months.has(date.getUTCMonth() + 1) &&
            (cron.eitherDay ? day || weekday : day && weekday)
          )
        }
        expect(due).toBeGreaterThan(after)
        expect(due % 60_000).toBe(0)
        expect(fits(due)).toBe(true)
        const first = Math.floor(after / 60_000) * 60_000 + 60_000
        const between = Array.from(
          { length: Math.min(300, (due - first) / 60_000) },
          (_, n) => first + n * 60_000,
        )
        expect(between.filter(fits)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

describe('what is due', () => {
  const entry = (schedule: string): ScheduleEntry => ({ name: 'a', schedule, overlap: 'skip' })
  const seen = (schedule: string, until: string): Seen => ({ entry: 'a', schedule, until: at(until) })
  const noon = at('2026-01-01T12:00:00')

  it('is run once: what was seen is not due again', () => {
    const first = planSchedule([entry('@hourly')], [seen('@hourly', '2026-01-01T11:00:01')], 0, noon + 900)
    expect(first.due).toEqual([{ entry: 'a', run: noon, missed: null }])
    expect(planSchedule([entry('@hourly')], first.seen, 0, noon + 1900).due).toEqual([])
  })

  it('counts from when its release went live, also under another schedule', () => {
    expect(planSchedule([entry('@hourly')], [], noon - 1, noon + 1).due).toHaveLength(1)
    expect(planSchedule([entry('@hourly')], [], noon, noon + 1)).toMatchObject({
      due: [],
      seen: [{ entry: 'a' }],
    })
    const other = [seen('@daily', '2025-12-01T00:00:00')]
    expect(planSchedule([entry('@hourly')], other, noon, noon + 1).due).toEqual([])
  })

  it('is the last of several alone, and nothing that is too late', () => {
    const before = [seen('* * * * *', '2026-01-01T11:50:00')]
    expect(planSchedule([entry('* * * * *')], before, 0, noon + 1).due).toEqual([
      { entry: 'a', run: noon, missed: { at: noon - 60_000, count: 9 } },
    ])
    const daily = [seen('@daily', '2025-12-31T00:00:00')]
    const midnight = at('2026-01-01T00:00:00')
    expect(planSchedule([entry('@daily')], daily, 0, midnight + LATEST_START).due[0]?.run).toBe(midnight)
    expect(planSchedule([entry('@daily')], daily, 0, noon).due).toEqual([
      { entry: 'a', run: null, missed: { at: midnight, count: 1 } },
    ])
  })

  it('is forgotten with its entry', () => {
    expect(planSchedule([], [seen('@daily', '2026-01-01T00:00:00')], 0, noon).gone).toEqual(['a'])
  })

  it('is each due time once, however often and however late somebody looks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }), (pauses) => {
        let states: readonly Seen[] = []
        let now = noon
        const handled: number[] = []
        for (const pause of pauses) {
          now += pause * 10_000
          const plan = planSchedule([entry('*/5 * * * *')], states, noon, now)
          for (const { run, missed } of plan.due) handled.push((run === null ? 0 : 1) + (missed?.count ?? 0))
          states = plan.seen.length > 0 ? plan.seen : states
        }
        const total = handled.reduce((sum, count) => sum + count, 0)
        expect(total).toBe(Math.floor((now - noon) / 300_000))
      }),
    )
  })
})

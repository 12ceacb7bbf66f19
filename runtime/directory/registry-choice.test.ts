import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RegisteredInstance } from '../../server/contract/directory.ts'
import {
  decideChoice,
  MAX_DIFFERENCE_MS,
  served,
  startChoice,
  type Choice,
  type ChoiceEvent,
} from './registry-choice.ts'

function instance(n: number): RegisteredInstance {
  const id = `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
  return { id, app: id, name: 'web.1', release: 1, address: `10.0.0.${n}`, port: 5000 } as RegisteredInstance
}
const [a, b, c] = [instance(1), instance(2), instance(3)]
const ids = (choice: Choice) =>
  served(choice)
    .map(({ address }) => address)
    .toSorted()
function after(start: Choice, ...events: [ChoiceEvent, number][]): Choice {
  return events.reduce((choice, [event, now]) => decideChoice(choice, event, now), start)
}
const fed = (...instances: RegisteredInstance[]): ChoiceEvent => ({ kind: 'fed', instances })
const consul = (...instances: RegisteredInstance[]): ChoiceEvent => ({ kind: 'consul', instances })

describe('which registry is read', () => {
  const adopted = after(startChoice([a, b], 0), [consul(b, a), 10])

  test('Consul is adopted once it says exactly what agents report', () => {
    expect(after(startChoice([a, b], 0), [consul(a), 10]).active).toBe('embedded')
    expect(adopted).toMatchObject({ active: 'consul', since: 10 })
  })

  test('a Consul that is away is left at once, and what agents report serves', () => {
    const away = after(adopted, [{ kind: 'consul-away' }, 20], [fed(a, b, c), 30])
    expect(away.active).toBe('embedded')
    expect(ids(away)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  })

  test('a Consul that came back empty takes nobody out', () => {
    const empty = after(adopted, [consul(), 20])
    expect(empty.active).toBe('embedded')
    expect(ids(empty)).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  test('a withdrawn instance is out at once, though Consul still has it', () => {
    const withdrawn = after(adopted, [fed(b), 20])
    expect(withdrawn.active).toBe('consul')
    expect(ids(withdrawn)).toEqual(['10.0.0.2'])
    expect(ids(after(withdrawn, [consul(a, b), 25], [consul(b), 30]))).toEqual(['10.0.0.2'])
  })

  test('a new instance is served when Consul has it, and soon also if Consul never gets it', () => {
    const waiting = after(adopted, [fed(a, b, c), 20])
    expect(ids(waiting)).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(ids(after(waiting, [consul(a, b, c), 25]))).toContain('10.0.0.3')
    const late = after(waiting, [{ kind: 'tick' }, 21 + MAX_DIFFERENCE_MS])
    expect(late.active).toBe('embedded')
    expect(ids(late)).toContain('10.0.0.3')
  })

  test('whatever happens, nobody who is reported for longer than the grace is left out, and no withdrawn one served', () => {
    const set = fc.subarray([a, b, c])
    const event = fc.oneof(
      set.map((instances): ChoiceEvent => ({ kind: 'fed', instances })),
      set.map((instances): ChoiceEvent => ({ kind: 'consul', instances })),
      fc.constant<ChoiceEvent>({ kind: 'consul-away' }),
      fc.constant<ChoiceEvent>({ kind: 'tick' }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let choice = startChoice([a], 0)
        const everFed = new Set([a.id])
        let now = 0
        for (const step of events) {
          now += 10
          choice = decideChoice(choice, step, now)
          for (const { id } of choice.fed) everFed.add(id)
          const reported = new Set(choice.fed.map(({ id }) => id))
          for (const { id } of served(choice)) {
            if (choice.active === 'consul' && !reported.has(id)) expect(choice.withdrawn.has(id)).toBe(false)
            if (choice.active === 'embedded') expect(reported.has(id)).toBe(true)
          }
        }
        const settled = decideChoice(choice, { kind: 'tick' }, now + MAX_DIFFERENCE_MS + 1)
        const have = new Set(served(settled).map(({ id }) => id))
        expect(settled.fed.every(({ id }) => have.has(id))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

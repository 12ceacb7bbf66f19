import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TwoEnded } from './two-ended.ts'

it('keeps every item at the position that it got, whatever is added or dropped at the ends', () => {
  const step = fc.oneof(
    fc.constant({ do: 'push' as const }),
    fc.constant({ do: 'unshift' as const }),
    fc.record({ do: fc.constant('drop' as const), count: fc.nat(4) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const list = new TwoEnded<number>()
      let kept: number[] = []
      let next = 0
      let dropped = false
      for (const one of steps) {
        next += 1
        if (one.do === 'push') {
          list.push(next)
          kept.push(next)
        } else if (one.do === 'unshift') {
          list.unshift(next)
          // Where items of the middle were dropped, nothing goes in front any more.
          if (!dropped) kept = [next, ...kept]
        } else {
          const front = Math.max(0, -list.start)
          list.drop(one.count)
          dropped ||= Math.min(one.count, kept.length) > front
          kept = kept.slice(one.count)
        }
        expect([...list]).toEqual(kept)
        expect(list.length).toBe(kept.length)
        expect(list.first).toBe(kept[0])
        expect(list.last).toBe(kept.at(-1))
      }
    }),
  )
})

it('names the first item 0 and those in front of it below', () => {
  const list = new TwoEnded<string>()
  list.push('a')
  list.unshift('b')
  list.unshift('c')
  expect([list.at(-2), list.at(-1), list.at(0), list.at(1), list.start]).toEqual([
    'c',
    'b',
    'a',
    undefined,
    -2,
  ])
})

import { expect, it } from 'vitest'
import { isWorthTidying } from './tidy-memory.ts'

it.each([
  ['waits until work is over', { lately: 2_000, altogether: 9_000 }, false],
  ['tidies once it is', { lately: 40, altogether: 9_000 }, true],
  ['leaves a server alone that did next to nothing', { lately: 40, altogether: 200 }, false],
])('memory: %s', (_, spent, expected) => {
  expect(isWorthTidying(spent)).toBe(expected)
})

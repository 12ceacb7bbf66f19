import { expect, test } from 'vitest'
import { nextInsistence } from './patience.ts'

test('builds that get on, or wait for something else than a processor, give way wholly', () => {
  expect(nextInsistence(0, 1.6, true)).toBe(0)
  expect(nextInsistence(0, 0.01, false)).toBe(0)
})

test('builds that neighbours leave nothing insist more and more, until they get half a processor', () => {
  expect(nextInsistence(0, 0.01, true)).toBe(10)
  expect(nextInsistence(10, 0.1, true)).toBe(40)
  expect(nextInsistence(40, 0.7, true)).toBe(40)
  expect(nextInsistence(100, 0.1, true)).toBe(100)
})

test('builds that get more than they need, or have stopped wanting it, insist less', () => {
  expect(nextInsistence(40, 1.2, true)).toBe(10)
  expect(nextInsistence(10, 0, false)).toBe(0)
})

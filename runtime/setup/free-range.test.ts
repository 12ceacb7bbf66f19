import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bounds, freeRange } from './free-range.ts'

test('takes the first range that no route touches', () => {
  expect(freeRange([], 0)).toBe('10.160.0.0/18')
  expect(freeRange(['10.160.0.0/16'], 0)).toBe('10.161.0.0/18')
  expect(freeRange(['default', 'fe80::/64', '10.160.63.255'], 0)).toBe('10.160.64.0/18')
})

test('says so when nothing is free', () => {
  expect(freeRange(['10.0.0.0/8'], 7)).toBeNull()
})

test('a default route does not count as a neighbour', () => {
  expect(freeRange(['0.0.0.0/0'], 3)).not.toBeNull()
})

test('never overlaps what is used', () => {
  const cidr = fc
    .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.integer({ min: 9, max: 32 }))
    .map(([a, b, c, bits]) => `10.${a}.${b}.${c}/${bits}`)
  fc.assert(
    fc.property(fc.array(cidr, { maxLength: 20 }), fc.nat(1000), (used, from) => {
      const found = freeRange(used, from)
      const range = found === null ? null : bounds(found)
      if (range === null) return
      for (const other of used.map(bounds))
        expect(other !== null && other.first <= range.last && other.last >= range.first).toBe(false)
    }),
  )
})

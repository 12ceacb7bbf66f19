import { expect, it } from 'vitest'
import { duration, relativeTime } from './time-text.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const ago = (ms: number) => relativeTime(NOW - ms, NOW)

it('says how long ago in the largest unit that tells something', () => {
  expect([0, 50_000, 59 * 60_000, 5 * 3_600_000, 26 * 3_600_000, 3 * 86_400_000].map(ago)).toEqual([
    'just now',
    '1 min ago',
    '59 min ago',
    '5 h ago',
    'yesterday',
    '3 days ago',
  ])
  expect(ago(30 * 86_400_000)).toContain('2026')
})

it('says what is to come, and forgives clocks that differ by seconds', () => {
  expect([-20_000, -5 * 60_000, -3 * 3_600_000, -30 * 86_400_000].map(ago)).toEqual([
    'just now',
    'in 5 min',
    'in 3 h',
    'in 30 days',
  ])
})

it('writes durations as people say them', () => {
  expect([-5, 400, 12_300, 184_000, 3_720_000].map(duration)).toEqual([
    '0.0 s',
    '0.4 s',
    '12 s',
    '3 min 4 s',
    '1 h 2 min',
  ])
})

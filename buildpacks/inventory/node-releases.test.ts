import { describe, expect, it } from 'vitest'
import { bundledNpm, endOfLife, isLts } from './node-releases.ts'

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)

describe('the life of a Node line', () => {
  it.each([
    [14, '2023-04-30'],
    [16, '2023-09-11'],
    [18, '2025-04-30'],
    [20, '2026-04-30'],
    [22, '2027-04-30'],
    [23, '2025-06-01'],
    [24, '2028-04-30'],
    [26, '2029-04-30'],
    [27, '2030-04-30'],
  ])('%i ends on %s', (major, end) => {
    expect(day(endOfLife(major))).toBe(end)
  })

  it.each([
    [22, '2024-10-27', false],
    [22, '2024-10-29', true],
    [24, '2025-10-29', true],
    [25, '2026-05-01', false],
    [26, '2026-05-01', false],
    [26, '2026-11-01', true],
    [27, '2027-11-01', true],
  ])('%i on %s: long-term support is %s', (major, date, expected) => {
    expect(isLts(major, Date.parse(date))).toBe(expected)
  })

  it.each([
    [14, 6],
    [16, 8],
    [18, 10],
    [20, 10],
    [22, 10],
    [24, 11],
    [26, 11],
  ])('%i comes with npm %i', (node, npm) => {
    expect(bundledNpm(node)).toBe(npm)
  })
})

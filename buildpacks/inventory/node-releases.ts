/** The oldest Node that is offered. */
export const OLDEST_NODE = 14

/** Lines that ended before the yearly rhythm could be told by a formula. */
const ENDED: Readonly<Record<number, string>> = {
  14: '2023-04-30',
  15: '2021-06-01',
  16: '2023-09-11',
  17: '2022-06-01',
  19: '2023-06-01',
  21: '2024-06-01',
  23: '2025-06-01',
  25: '2026-06-01',
}

/**
 * When a line becomes long-term supported: in October of its year, which is 2000 + major. Until 26 only even ones do,
 * from 27 on there is one line a year and each does. null: never.
 */
export function ltsSince(major: number): number | null {
  if (major < 27 && major % 2 === 1) return null
  return Date.UTC(2000 + major, 9, 28)
}

/** When a line gets no more fixes. */
export function endOfLife(major: number): number {
  const ended = ENDED[major]
  return ended === undefined ? Date.UTC(2003 + major, 3, 30) : Date.parse(`${ended}T00:00:00Z`)
}

export function isLts(major: number, now: number): boolean {
  const since = ltsSince(major)
  return since !== null && since <= now
}

/** The npm major that a Node of this major came with. */
export function bundledNpm(major: number): number {
  if (major < 15) return 6
  if (major === 15) return 7
  if (major < 18) return 8
  if (major < 24) return 10
  return 11
}

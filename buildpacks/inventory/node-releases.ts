/** The oldest Node that is offered. */
export const OLDEST_NODE = 14

/** Lines that do not follow the rule below: the odd ones, and 16, which ended with its OpenSSL. */
const ENDED: Readonly<Record<number, string>> = {
  15: '2021-06-01',
  16: '2023-09-11',
  17: '2022-06-01',
  19: '2023-06-01',
  21: '2024-06-01',
  23: '2025-06-01',
  25: '2026-06-01',
}

/** Two lines a year until 26, one a year from 27 on. */
function releaseYear(major: number): number {
  return major < 27 ? 2013 + Math.floor(major / 2) : 2000 + major
}

/**
 * When a line becomes long-term supported: in October of its year. Until 26 only even ones do, from 27 on each does.
 * null: never.
 */
function ltsSince(major: number): number | null {
  return major < 27 && major % 2 === 1 ? null : Date.UTC(releaseYear(major), 9, 28)
}

/** When a line gets no more fixes: the end of April three years after its release. */
export function endOfLife(major: number): number {
  const ended = ENDED[major]
  return ended === undefined ? Date.UTC(releaseYear(major) + 3, 3, 30) : Date.parse(`${ended}T00:00:00Z`)
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

export const FIRST_DELAY = 200
export const LONGEST_DELAY = 30_000
export const HEALTHY_AFTER = 60_000

/**
 * How long to wait, in ms, before a process that ended is started again. `failures` counts ends in a row, each
 * before it was healthy; one that ran for a minute starts over.
 */
export function nextDelay(failures: number, ranFor: number): { delay: number; failures: number } {
  const count = ranFor >= HEALTHY_AFTER ? 0 : failures
  return { delay: Math.min(FIRST_DELAY * 2 ** count, LONGEST_DELAY), failures: count + 1 }
}

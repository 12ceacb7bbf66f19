/** How often and when instances of one process type crashed, so that a loop slows down instead of burning the node. */
export interface CrashRecord {
  readonly crashes: number
  /** ms; null without a crash. */
  readonly crashedAt: number | null
}

const FIRST = 1_000
const LONGEST = 5 * 60_000
/** An instance that was ready this long has shown that it works: its crash starts a new count. */
export const HEALTHY_AFTER = 10 * 60_000

export const NO_CRASH: CrashRecord = { crashes: 0, crashedAt: null }

/** `readyFor`: ms that the crashed instance had been ready; 0 when it never was. */
export function afterCrash(record: CrashRecord, readyFor: number, now: number): CrashRecord {
  return { crashes: readyFor >= HEALTHY_AFTER ? 1 : record.crashes + 1, crashedAt: now }
}

/** 1 s after the first crash, doubling up to 5 minutes. */
export function backoff(crashes: number): number {
  return crashes <= 0 ? 0 : Math.min(LONGEST, FIRST * 2 ** Math.min(crashes - 1, 20))
}

/** The time of the next try; 0 (at once) without a crash. */
export function nextTry(record: CrashRecord): number {
  return record.crashedAt === null ? 0 : record.crashedAt + backoff(record.crashes)
}

export interface MemoryUse {
  readonly id: string
  /** What it uses and could not give back at once. */
  readonly usedMb: number
  readonly limitMb: number
}

/** From here on the next allocation may end it: the limit is a hard one, there is no swap. */
const NEAR = 0.95
/** ms between two warnings of the same instance. */
const AGAIN = 5 * 60_000

/** Whom to warn now; `warned` holds when each of those that are near their limit was warned last. Pure. */
export function memoryWarnings(
  uses: readonly MemoryUse[],
  warned: ReadonlyMap<string, number>,
  now: number,
): {
  readonly warnings: readonly { readonly id: string; readonly lines: readonly string[] }[]
  readonly warned: ReadonlyMap<string, number>
} {
  const near = uses.filter(({ usedMb, limitMb }) => usedMb >= limitMb * NEAR)
  const due = near.filter(({ id }) => now - (warned.get(id) ?? Number.NEGATIVE_INFINITY) >= AGAIN)
  const isDue = new Set(due.map(({ id }) => id))
  return {
    warnings: due.map(({ id, usedMb, limitMb }) => ({
      id,
      lines: [
        `Process running mem=${Math.round(usedMb)}M(${((usedMb / limitMb) * 100).toFixed(1)}%)`,
        'Error R14 (Memory quota exceeded): it is ended when it needs more than its size has',
      ],
    })),
    warned: new Map(near.map(({ id }) => [id, isDue.has(id) ? now : (warned.get(id) ?? now)])),
  }
}

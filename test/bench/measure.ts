import { loadavg } from 'node:os'

/** Wall time of one asynchronous piece of work, in ms. */
export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now()
  const value = await work()
  return { ms: performance.now() - start, value }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** The value that a share of all stays below, e.g. 0.99; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/**
 * Runs ours and its limit (or peer) in turn, A B A B …, so that both see the same machine, and gives both series.
 * The first pair warms up and is not counted.
 */
export async function paired(
  rounds: number,
  ours: (round: number) => Promise<number>,
  limit: (round: number) => Promise<number>,
): Promise<{ ours: number[]; limit: number[] }> {
  const result = { ours: [] as number[], limit: [] as number[] }
  for (let round = 0; round <= rounds; round++) {
    const a = await ours(round)
    const b = await limit(round)
    if (round === 0) continue
    result.ours.push(a)
    result.limit.push(b)
  }
  return result
}

export interface Figure {
  readonly name: string
  readonly ours: number
  /** The limit or peer of the same run; null where the goal is absolute. */
  readonly limit: number | null
  readonly unit: string
  /** What is compared with the goal: the median of the pairs' ratios, or `ours` itself. */
  readonly value: number
  readonly goal: string
  readonly met: boolean
}

/** A figure from paired series: the ratio is taken pair by pair, then its median. */
export function ratioFigure(
  name: string,
  series: { ours: number[]; limit: number[] },
  unit: string,
  goal: number,
): Figure {
  const ratios = series.ours.map((value, index) => value / (series.limit[index] ?? Number.NaN))
  const value = median(ratios)
  return {
    name,
    ours: median(series.ours),
    limit: median(series.limit),
    unit,
    value,
    goal: `≤ ${goal} ×`,
    met: value <= goal,
  }
}

const round = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2))

export function printFigure(figure: Figure): void {
  const against = figure.limit === null ? '' : ` against ${round(figure.limit)} ${figure.unit}`
  const value = figure.limit === null ? '' : `  ratio ${figure.value.toFixed(2)}`
  console.log(
    `${figure.met ? '✔' : '✘'} ${figure.name.padEnd(44)} ${round(figure.ours)} ${figure.unit}${against}${value}  goal ${figure.goal}  (load ${loadavg()[0]?.toFixed(1)})`,
  )
}

/** Counts of equal keys; Object.groupBy needs Node 21. */
export function grouped<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return groups
}

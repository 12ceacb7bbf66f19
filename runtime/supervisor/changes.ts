import { fingerprint, type Process, type ProcessName } from './process.ts'

export interface Running {
  readonly name: ProcessName
  readonly fingerprint: string
}

export interface Changes {
  /** Not running: all of them at once. */
  readonly start: Process[]
  /** Running as something else: one rank after the other, each ready before the next. */
  readonly replace: Process[][]
  /** Running and no longer wanted. */
  readonly stop: ProcessName[]
}

/** What makes the running processes those of the table. Pure. */
export function planChanges(table: readonly Process[], running: readonly Running[]): Changes {
  const now = new Map(running.map((process) => [process.name, process.fingerprint]))
  const ranks = new Map<number, Process[]>()
  const start: Process[] = []
  for (const process of table) {
    const found = now.get(process.name)
    if (found === undefined) start.push(process)
    else if (found !== fingerprint(process))
      ranks.set(process.rank, [...(ranks.get(process.rank) ?? []), process])
  }
  const wanted = new Set(table.map((process) => process.name))
  return {
    start,
    replace: [...ranks].sort(([a], [b]) => a - b).map(([, processes]) => processes),
    stop: running.map((process) => process.name).filter((name) => !wanted.has(name)),
  }
}

/** Highest rank first: who asks ends before who answers. */
export function stopOrder<T extends { readonly rank: number }>(table: readonly T[]): T[][] {
  const ranks = [...new Set(table.map((process) => process.rank))].sort((a, b) => b - a)
  return ranks.map((rank) => table.filter((process) => process.rank === rank))
}

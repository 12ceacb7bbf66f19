import { readFileSync, readlinkSync } from 'node:fs'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessRef {
  readonly pid: number
  /** Field 22 of `/proc/<pid>/stat`: ticks since boot. */
  readonly start: string
}

/** Start time of a running process; null for none and for one that has ended but was not reaped yet. */
export function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

export function isRunning(ref: ProcessRef): boolean {
  return startTime(ref.pid) === ref.start
}

/** The first process of the pid namespace that this supervisor made; null while it is still setting up. */
export function namespaceInit(supervisor: number): number | null {
  try {
    const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
    const own = readlinkSync('/proc/self/ns/pid')
    return children.find((pid) => readlinkSync(`/proc/${pid}/ns/pid`) !== own) ?? null
  } catch {
    return null
  }
}

/** False when there is no such process any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

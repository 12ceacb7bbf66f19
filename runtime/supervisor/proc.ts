import { readdir, readFile } from 'node:fs/promises'

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessId {
  readonly pid: number
  /** Start time in clock ticks since boot, field 22 of `/proc/<pid>/stat`. */
  readonly start: string
}

interface Stat {
  readonly state: string
  readonly session: number
  readonly start: string
}

/** Parses `/proc/<pid>/stat`; the name in brackets may hold anything. */
export function parseStat(text: string): Stat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, start] = [fields[0], fields[19]]
  return state === undefined || start === undefined ? null : { state, session: Number(fields[3]), start }
}

export async function statOf(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return text === null ? null : parseStat(text)
}

/** Whether this very process still runs; a zombie does not. */
export async function isAlive(id: ProcessId): Promise<boolean> {
  const stat = await statOf(id.pid)
  return stat !== null && stat.start === id.start && stat.state !== 'Z' && stat.state !== 'X'
}

export interface Marked extends ProcessId {
  readonly name: string
  readonly fingerprint: string
}

/** The variables by which a supervisor finds again what an earlier one started. */
export const MARK = 'SKYPANEL_PROCESS'

export const markFor = (installation: string, name: string, fingerprint: string) =>
  `${installation}/${name}/${fingerprint}`

/**
 * Processes that a supervisor of this installation started, found by a mark in their environment. A file with the
 * pid would miss the one that was started just before the supervisor was killed; the mark exists from the first moment.
 */
export async function findMarked(installation: string): Promise<Marked[]> {
  const found = new Map<string, Marked>()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    const mark = environment.split('\0').find((entry) => entry.startsWith(`${MARK}=${installation}/`))
    if (mark === undefined) continue
    const [, name, fingerprint] = mark.slice(MARK.length + 1).split('/')
    const stat = await statOf(pid)
    // Ours are leaders of their own session; their children inherit the mark and are not, or started later.
    if (
      name === undefined ||
      fingerprint === undefined ||
      stat === null ||
      stat.session !== pid ||
      stat.state === 'Z'
    )
      continue
    const earlier = found.get(name)
    if (earlier === undefined || Number(stat.start) < Number(earlier.start))
      found.set(name, { pid, start: stat.start, name, fingerprint })
  }
  return [...found.values()]
}

import { setTimeout as sleep } from 'node:timers/promises'
import { isReady, type Process, type ProcessName } from './process.ts'

export interface ProcessStatus {
  readonly name: ProcessName
  readonly state: 'running' | 'waiting' | 'stopped'
  readonly pid: number | null
  readonly restarts: number
  /** Why it does not run, or an empty string. */
  readonly reason: string
}

/** Keeps processes running; systemd or a small supervisor of our own. */
export interface Supervision {
  readonly kind: 'systemd' | 'direct'
  /**
   * Makes the running processes those of the table: starts what is missing all at once, replaces what changed rank by
   * rank (each ready before the next), and with `exact` stops what is not named. Resolves before all are ready.
   */
  apply(table: readonly Process[], options: { readonly exact: boolean }): Promise<void>
  status(): Promise<ProcessStatus[]>
  stop(names: readonly ProcessName[]): Promise<void>
  restart(names: readonly ProcessName[]): Promise<void>
  /** Stops every process, the highest rank first, and whatever watches them. */
  shutdown(): Promise<void>
  /** Removes what this kind of supervision keeps outside of home. */
  remove(): Promise<void>
}

export interface NotReady {
  readonly name: ProcessName
  readonly reason: string
}

/** Waits until all serve. Resolves with those that do not after `timeout` ms, or that ended three times. */
export async function whenReady(
  supervision: Supervision,
  table: readonly Process[],
  timeout: number,
): Promise<NotReady[]> {
  const deadline = Date.now() + timeout
  let waiting = [...table]
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 200)) {
    const ready = await Promise.all(waiting.map(async (process) => await isReady(process.ready)))
    waiting = waiting.filter((_, index) => ready[index] !== true)
    if (waiting.length === 0) return []
    const late = Date.now() > deadline
    if (late || pause >= 100) {
      const status = new Map((await supervision.status()).map((process) => [process.name, process]))
      const hopeless = waiting.filter(({ name }) => late || (status.get(name)?.restarts ?? 0) >= 3)
      if (late || hopeless.length > 0) {
        return hopeless.map(({ name }) => ({
          name,
          reason: status.get(name)?.reason || 'it runs, but does not answer',
        }))
      }
    }
    await sleep(pause)
  }
}

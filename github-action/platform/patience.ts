import { Away } from './answers.ts'

/** How long something that is away is asked again. */
export interface Patience {
  /** Seconds before each further try. */
  readonly pauses: readonly number[]
  readonly sleep: (seconds: number) => Promise<void>
  /** Told before each pause. */
  readonly waiting: (reason: string, seconds: number) => void
}

/** Half a minute in all: longer than a restart of the platform takes. */
export const PAUSES = [1, 2, 4, 8, 15] as const

/** Does `work` again while it throws Away; the last one is passed on. */
export async function patiently<T>({ pauses, sleep, waiting }: Patience, work: () => Promise<T>): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Away)) throw error
      waiting(error.message, pause)
      await sleep(pause)
    }
  }
  return work()
}

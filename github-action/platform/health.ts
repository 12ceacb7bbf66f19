import { ActionFailure } from '../failure.ts'
import { ask, reasonOf } from './request.ts'

export interface HealthCheck {
  /** The app's address. */
  readonly url: string
  /** Null: `/`, and any answer of the app itself counts. */
  readonly path: string | null
  readonly seconds: number
}

const TIMEOUT_MS = 10_000
const PAUSE_SECONDS = 1

/** A named path has to say that all is well; without one the app may answer as it likes, but must not be broken. */
export const isHealthy = (status: number, path: string | null): boolean =>
  path === null ? status < 500 : status >= 200 && status < 400

/** Asks the app by its address until it answers well. Returns what it answered, or throws with the last answer. */
export async function waitForHealth(
  { url, path, seconds }: HealthCheck,
  time: { readonly now: () => number; readonly sleep: (seconds: number) => Promise<void> },
): Promise<number> {
  const target = new URL(path ?? '/', url)
  const end = time.now() + seconds * 1000
  for (;;) {
    const [status, said] = await statusOf(target)
    if (status !== null && isHealthy(status, path)) return status
    if (time.now() >= end) {
      throw new ActionFailure(
        'App not healthy',
        `The release is live, but ${target.href} gave no good answer within ${seconds} s. The last one: ${said}.`,
        'See why with `skypanel logs`, go back with `skypanel rollback`. If this runner cannot reach the app by its address, set `wait: false`.',
      )
    }
    await time.sleep(PAUSE_SECONDS)
  }
}

async function statusOf(target: URL): Promise<readonly [number | null, string]> {
  try {
    const answer = await ask(target, {
      method: 'GET',
      headers: { Accept: '*/*', 'User-Agent': 'skypanel-github-action' },
      timeout: TIMEOUT_MS,
    })
    answer.destroy()
    return [answer.statusCode ?? 0, `status ${answer.statusCode ?? 0}`]
  } catch (error) {
    return [null, reasonOf(error)]
  }
}

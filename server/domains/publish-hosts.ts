import type { Context } from '../context.ts'
import { askUnix, UnixStatusError } from '../ipc/unix-request.ts'
import { hostedApps } from '../store/domains.ts'
import { hostTable } from './host-table.ts'

/** Sent by triggers of the tables that the document is made of. */
export const HOSTS_CHANNEL = 'hosts'
/** Also without a change: the directory may have come back with an old snapshot. */
const EVERY_MS = 30_000
const RETRY_MS = 500

export interface HostPublisher extends AsyncDisposable {
  /** Resolves when the directory has the hosts as they stand now; rejects when it does not take them. */
  publish(): Promise<void>
}

/**
 * Keeps the directory's hosts as the database has them: at the start, after each change, and every 30 s. While the
 * directory is away it goes on serving its snapshot, and this tries on.
 * @param onReplaced called when a newer server feeds the directory
 */
export function publishHosts(
  ctx: Pick<Context, 'db' | 'config' | 'log'>,
  epoch: number,
  onReplaced: () => void,
): HostPublisher {
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let closed = false

  async function send() {
    const table = hostTable(await hostedApps(ctx.db), ctx.config.reach, epoch)
    await askUnix({ socket: ctx.config.paths.directorySocket, method: 'PUT', path: '/hosts', body: table })
  }

  /** One at a time; a wish that comes meanwhile is one more round, however many there are. */
  function publish(): Promise<void> {
    if (running === null) {
      running = send().finally(() => (running = null))
      return running
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null
        return publish()
      })
    return next
  }

  function again(delay: number) {
    if (timer !== null) clearTimeout(timer)
    timer = closed ? null : setTimeout(keep, delay)
  }

  function keep() {
    publish().then(
      () => again(EVERY_MS),
      (error: unknown) => {
        if (error instanceof UnixStatusError && error.status === 409) {
          ctx.log.error({ err: error }, 'another server has taken over')
          onReplaced()
          return
        }
        ctx.log.warn({ err: error }, 'the directory did not take the hosts')
        again(RETRY_MS)
      },
    )
  }

  const stop = ctx.db.listen(HOSTS_CHANNEL, keep)
  keep()
  return {
    publish,
    async [Symbol.asyncDispose]() {
      closed = true
      stop()
      if (timer !== null) clearTimeout(timer)
      await running?.catch(() => undefined)
    },
  }
}

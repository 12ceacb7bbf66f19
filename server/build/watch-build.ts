import { setTimeout as sleep } from 'node:timers/promises'
import type { BuildId } from '../contract/ids.ts'
import type { BuildLogLine } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { listenFor } from '../deploy/pause.ts'
import { isDomainError } from '../domain/errors.ts'
import { linesAfter } from '../store/builds.ts'

const BATCH = 500
const LOOK = 1_000

/** A build's lines after `after`, then those that come, until `isOver` said so before the last look at them. */
export async function* watchBuild(
  ctx: Pick<DeployContext, 'db' | 'bus'>,
  build: BuildId,
  after: number,
  isOver: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<BuildLogLine> {
  let seq = after
  using news = listenFor(ctx.bus, (what) => 'log' in what && what.log === build)
  while (!signal.aborted) {
    try {
      const over = await isOver()
      for (;;) {
        const lines = await linesAfter(ctx.db, build, seq, BATCH)
        for (const line of lines) {
          yield line
          seq = line.seq
        }
        if (lines.length < BATCH || signal.aborted) break
      }
      if (over) return
    } catch (error) {
      // The database comes back, and so does the next line.
      if (!isDomainError(error, 'database_unavailable')) throw error
      await sleep(LOOK)
    }
    await news.wait(LOOK, signal)
  }
}

import { countCollectable } from '../store/builds.ts'
import { insertJob } from '../store/jobs.ts'
import type { DeployContext } from './deploy-context.ts'
import { isPassing } from './verdict.ts'

const EVERY = 3_600_000
const FIRST = 60_000
/** A collection walks through the whole store: it waits for so many builds, or for its day. */
const ENOUGH = 10
const DAILY = 24

/** Asks for a collection when enough builds are not needed any more, and once a day. */
export function scheduleCollections(
  ctx: Pick<DeployContext, 'db' | 'newId' | 'settings' | 'log' | 'bus'>,
): Disposable {
  let hours = 0
  const look = async () => {
    hours += 1
    if (hours % DAILY !== 0 && (await countCollectable(ctx.db, ctx.settings.keepReleases)) < ENOUGH) return
    await ctx.db.transaction(async (tx) => {
      await insertJob(tx, { id: ctx.newId(), kind: 'collect', app: null, deployment: null })
      await ctx.bus.announce(tx, { jobs: true })
    })
  }
  const run = () =>
    void look().catch((error: unknown) => {
      if (!isPassing(error)) ctx.log.error({ error: String(error) }, 'a collection could not be asked for')
    })
  const first = setTimeout(run, FIRST)
  const timer = setInterval(run, EVERY)
  return {
    [Symbol.dispose]() {
      clearTimeout(first)
      clearInterval(timer)
    },
  }
}

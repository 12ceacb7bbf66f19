import { countCollectable } from '../store/builds.ts'
import { hasOpenCollection, insertJob } from '../store/jobs.ts'
import type { DeployContext } from './deploy-context.ts'
import { isPassing } from './verdict.ts'

const EVERY = 60_000
/** A collection walks through the whole store: it waits for so many builds, or for its day. */
export const ENOUGH = 10
const DAILY = 24 * 60

type Parts = Pick<DeployContext, 'db' | 'newId' | 'settings' | 'bus'>

/**
 * Asks for a collection when enough builds are not needed any more (or `anyway`), and never for a second one while one
 * is under way: however often is deployed, the disk holds what is kept and little more. Tells whether it asked.
 */
export async function askForCollection(ctx: Parts, anyway = false): Promise<boolean> {
  if (await hasOpenCollection(ctx.db)) return false
  if (!anyway && (await countCollectable(ctx.db, ctx.settings.keepReleases)) < ENOUGH) return false
  await ctx.db.transaction(async (tx) => {
    await insertJob(tx, { id: ctx.newId(), kind: 'collect', app: null, deployment: null })
    await ctx.bus.announce(tx, { jobs: true })
  })
  return true
}

/** Looks each minute, and collects once a day whatever there is. */
export function scheduleCollections(ctx: Parts & Pick<DeployContext, 'log'>): Disposable {
  let minutes = 0
  const run = () => {
    minutes += 1
    askForCollection(ctx, minutes % DAILY === 0).catch((error: unknown) => {
      if (!isPassing(error)) ctx.log.error({ error: String(error) }, 'a collection could not be asked for')
    })
  }
  const timer = setInterval(run, EVERY)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
    },
  }
}

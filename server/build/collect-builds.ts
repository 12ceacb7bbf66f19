import type { DeployContext } from '../deploy/deploy-context.ts'
import { markCollected, neededSources } from '../store/builds.ts'
import { forgetOldJobs } from '../store/jobs.ts'

/** A source that no kept release needs can be built again for as long. */
const SOURCE_DAYS = 30

/** Marks what no kept release needs, then lets the node delete it. In this order: a marked build is never started. */
export async function collectBuilds(
  ctx: Pick<DeployContext, 'db' | 'node' | 'git' | 'settings' | 'log'>,
): Promise<void> {
  const keep = await ctx.db.transaction((tx) => markCollected(tx, ctx.settings.keepReleases))
  const { unrooted, freedMb } = await ctx.node.call(
    'collect',
    { keep, budgetMb: ctx.settings.storeBudget },
    { timeout: 30 * 60_000 },
  )
  await forgetOldJobs(ctx.db, 30)
  const pushes = await ctx.git.sweep(await neededSources(ctx.db, ctx.settings.keepReleases, SOURCE_DAYS))
  ctx.log.info(
    { kept: keep.length, unrooted, freedMb, pushes },
    'builds that no release needs were collected',
  )
}

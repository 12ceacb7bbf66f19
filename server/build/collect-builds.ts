import type { DeployContext } from '../deploy/deploy-context.ts'
import { markCollected } from '../store/builds.ts'
import { forgetOldJobs } from '../store/jobs.ts'

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
  const pushes = await ctx.git.sweep()
  ctx.log.info(
    { kept: keep.length, unrooted, freedMb, pushes },
    'builds that no release needs were collected',
  )
}

import type { BuildCache } from '../contract/build-caches.ts'
import type { AppId } from '../contract/ids.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'

/** Walking through large caches takes a while. */
const PATIENCE = { timeout: 60_000 }

export async function listBuildCaches(ctx: Pick<DeployContext, 'node'>, app: AppId): Promise<BuildCache[]> {
  const { caches } = await ctx.node.call('buildCaches', { app }, PATIENCE)
  return caches
    .map(({ usedAt, ...cache }) => ({ ...cache, used_at: new Date(usedAt).toISOString() }))
    .toSorted((a, b) => b.mb - a.mb)
}

export async function purgeBuildCaches(
  ctx: Pick<DeployContext, 'node'>,
  app: AppId,
): Promise<{ freed_mb: number }> {
  const { freedMb } = await ctx.node.call('purgeCaches', { app }, PATIENCE)
  return { freed_mb: freedMb }
}

import type { AppId, BuildId, DeploymentId } from '../contract/ids.ts'
import type { Build } from '../contract/releases.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import { endBuild, showBuild } from '../store/builds.ts'
import type { Tx } from '../store/db.ts'
import { deploymentOfBuild, finishDeployment } from '../store/deployments.ts'
import { finishQueuedJob, requestCancel } from '../store/jobs.ts'

/** Ends a build that has not become a release. One that waits ends at once, one that runs when its processes are gone. */
export async function cancelBuild(
  ctx: Pick<DeployContext, 'bus'>,
  tx: Tx,
  app: AppId,
  id: string,
): Promise<Build> {
  const build = await findBuild(tx, app, id)
  const deployment = await deploymentOfBuild(tx, build.id)
  if (deployment === null || !['queued', 'running'].includes(deployment.state)) {
    throw new DomainError('conflict', `The build has ended already (${build.state}).`)
  }
  if (deployment.release_id !== null) {
    throw new DomainError(
      'conflict',
      'The build is done and its release goes live right now. To give it up: skypanel deploys:abort',
    )
  }
  await requestCancel(tx, app, deployment.id)
  if (await finishQueuedJob(tx, deployment.id)) await endQueued(tx, build.id, deployment.id)
  await ctx.bus.announce(tx, { jobs: true })
  await ctx.bus.announce(tx, { log: build.id })
  return findBuild(tx, app, id)
}

async function endQueued(tx: Tx, build: BuildId, deployment: DeploymentId): Promise<void> {
  await endBuild(tx, build, 'canceled', 'Canceled before it began')
  await finishDeployment(tx, deployment, 'canceled', 'build_canceled', 'Canceled before it began')
}

async function findBuild(tx: Tx, app: AppId, id: string): Promise<Build> {
  const build = await showBuild(tx, app, id)
  if (build === null)
    throw new DomainError(
      'build_not_found',
      `There is no build ${id.slice(0, 60)}. List them with: skypanel builds`,
    )
  return build
}

import type { AppId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import { holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import { endBuild } from '../store/builds.ts'
import type { Tx } from '../store/db.ts'
import { type DeploymentRow, finishDeployment, storeVerdict, writeJournal } from '../store/deployments.ts'
import { keepAsTheyAre } from '../store/instances.ts'
import { finishQueuedJob, requestCancel } from '../store/jobs.ts'
import { closeRelease } from '../store/releases.ts'
import { findOpen, shown } from './find-deployment.ts'

/**
 * Gives a deployment up, wherever it stands: one that waits ends at once, a build when its processes are gone, a rollout
 * at once, and its instances leave. What served before goes on serving. Errors: not_found, conflict.
 */
export async function abort(
  ctx: Pick<DeployContext, 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  id: string,
): Promise<Deployment> {
  await holdApp(tx, app)
  const row = await findOpen(tx, app, id)
  refuse(row)
  const reason = `Aborted by ${actor.email}`
  await writeJournal(tx, { app, deployment: row.id, step: 'aborted', detail: { by: actor.email } })
  if (row.kind === 'restart') {
    await keepAsTheyAre(tx, app)
    await finishDeployment(tx, row.id, 'canceled', 'deploy_aborted', reason)
  } else if (await finishQueuedJob(tx, row.id)) {
    if (row.build_id !== null) await endBuild(tx, row.build_id, 'canceled', reason)
    if (row.release_id !== null) await closeRelease(tx, row.release_id, 'failed', reason)
    await finishDeployment(tx, row.id, 'canceled', 'deploy_aborted', reason)
  } else if (row.rolling) {
    // The verdict itself, before any other: whoever waits for the rollout ends the deployment with it.
    if (row.release_id !== null) await closeRelease(tx, row.release_id, 'failed', reason)
    await storeVerdict(tx, row.id, { code: 'deploy_aborted', reason, tail: [] })
  } else await requestCancel(tx, app, row.id)
  await ctx.bus.announce(tx, { app })
  await ctx.bus.announce(tx, { jobs: true })
  if (row.build_id !== null) await ctx.bus.announce(tx, { log: row.build_id })
  return await shown(tx, app, row)
}

function refuse({ kind, detail, step }: DeploymentRow): void {
  if (kind === 'destroy')
    throw new DomainError('conflict', 'The app is being destroyed; that cannot be undone.')
  if (kind === 'scale')
    throw new DomainError('conflict', 'To undo a scaling, scale to what you want: skypanel scale web=1')
  if (detail.verdict?.code === null || step === 'ref' || step === 'finish')
    throw new DomainError('conflict', 'The release is live already. To undo it: skypanel rollback')
  if (detail.verdict !== undefined) throw new DomainError('conflict', 'The deployment has failed already.')
}

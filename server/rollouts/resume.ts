import type { AppId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import { holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import { writeJournal } from '../store/deployments.ts'
import { resumeRollout } from '../store/rollouts.ts'
import { findRolling, shown } from './find-deployment.ts'

/** Lets a paused deployment go on. Errors: not_found, conflict. */
export async function resume(
  ctx: Pick<DeployContext, 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  id: string,
): Promise<Deployment> {
  await holdApp(tx, app)
  const row = await findRolling(tx, app, id)
  if (!row.paused) throw new DomainError('conflict', 'The deployment is not paused.')
  await resumeRollout(tx, row.id)
  await writeJournal(tx, { app, deployment: row.id, step: 'resumed', detail: { by: actor.email } })
  await ctx.bus.announce(tx, { app })
  return await shown(tx, app, row)
}

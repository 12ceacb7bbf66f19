import type { AppId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import { holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { rolloutSeconds } from '../deploy/rollout-time.ts'
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import { writeJournal } from '../store/deployments.ts'
import { promoteCanaries } from '../store/rollouts.ts'
import { findRolling, shown } from './find-deployment.ts'

/** The canaries have shown enough; a pause goes on all the same. Errors: not_found, conflict. */
export async function promote(
  ctx: Pick<DeployContext, 'bus' | 'settings'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  id: string,
): Promise<Deployment> {
  await holdApp(tx, app)
  const row = await findRolling(tx, app, id)
  if (!row.canary)
    throw new DomainError(
      'conflict',
      'The deployment has no canaries that are ready. See how it stands: skypanel deploys',
    )
  await promoteCanaries(tx, row.id, await rolloutSeconds(ctx, tx, app, row.release_id))
  await writeJournal(tx, { app, deployment: row.id, step: 'promoted', detail: { by: actor.email } })
  await ctx.bus.announce(tx, { app })
  return await shown(tx, app, row)
}

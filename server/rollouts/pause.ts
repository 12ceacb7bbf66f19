import type { AppId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import { holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import { writeJournal } from '../store/deployments.ts'
import { pauseRollout, storedStrategy } from '../store/rollouts.ts'
import { findRolling, shown } from './find-deployment.ts'

/**
 * Lets a deployment stay as it is: nothing more of it is started or routed, nothing old leaves, and its time does not
 * run. An instance of it that dies ends it all the same. Errors: not_found, conflict.
 */
export async function pause(
  ctx: Pick<DeployContext, 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  id: string,
): Promise<Deployment> {
  await holdApp(tx, app)
  const row = await findRolling(tx, app, id)
  if ((await storedStrategy(tx, app)).strategy === 'recreate')
    throw new DomainError(
      'conflict',
      'A recreation has no half way to stay at: its old instances are gone. To go back: skypanel deploys:abort',
    )
  await pauseRollout(tx, row.id)
  await writeJournal(tx, { app, deployment: row.id, step: 'paused', detail: { by: actor.email } })
  await ctx.bus.announce(tx, { app })
  return await shown(tx, app, row)
}

import type { AppId, DeploymentId } from '../contract/ids.ts'
import { markDestroying } from '../store/apps.ts'
import type { Tx } from '../store/db.ts'
import { cancelQueued } from '../store/deployments.ts'
import { requestCancel } from '../store/jobs.ts'
import { beginWork, holdApp } from './begin-work.ts'
import type { Actor } from './deploy.ts'
import type { DeployContext } from './deploy-context.ts'

/** Begins the end of an app: what waits is canceled, what runs is asked to stop, then everything of it is removed. */
export async function destroyApp(
  ctx: Pick<DeployContext, 'newId' | 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
): Promise<{ readonly deployment: DeploymentId }> {
  await holdApp(tx, app)
  await markDestroying(tx, app)
  await cancelQueued(tx, app, 'The app is destroyed')
  await requestCancel(tx, app, null)
  const deployment = await beginWork(ctx, tx, app, actor, { kind: 'destroy' })
  await ctx.bus.announce(tx, { app })
  return { deployment }
}

import type { AppId, DeploymentId, ReleaseId } from '../contract/ids.ts'
import { beginWork, holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import type { Tx } from '../store/db.ts'
import { currentRelease, insertRelease, newestRelease } from '../store/releases.ts'

/** A release with the newest code and the config vars of this moment; nulls before the first one. */
export async function releaseConfig(
  ctx: Pick<DeployContext, 'newId' | 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  description: string,
): Promise<{ readonly release: number | null; readonly deployment: DeploymentId | null }> {
  await holdApp(tx, app)
  const live = await currentRelease(tx, app)
  const base = await newestRelease(tx, app)
  // Without anything that serves, the vars go live with the push that is the first to serve.
  if (live === null || base === null) return { release: null, deployment: null }
  const id = ctx.newId<ReleaseId>()
  const release = await insertRelease(tx, {
    id,
    app,
    build: base.build_id,
    kind: 'config',
    description,
    account: actor.account,
    author: actor.email,
    processTypes: base.process_types,
    configOf: null,
    basedOn: base.version,
  })
  const deployment = await beginWork(ctx, tx, app, actor, { kind: 'config', release: id })
  return { release, deployment }
}

import type { AppId, DeploymentId } from '../contract/ids.ts'
import { beginWish, holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import { formationOf, raiseGeneration } from '../store/formation.ts'
import { markReplace } from '../store/instances.ts'
import { cordonedNode } from '../store/nodes.ts'
import { currentRelease } from '../store/releases.ts'

/** Asks for new instances in the place of all, of one process type's, or of a single one. */
export async function restart(
  ctx: Pick<DeployContext, 'newId' | 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  input: { readonly type?: string | undefined; readonly instance?: string | undefined },
): Promise<{ readonly deployment: DeploymentId }> {
  const { name } = await holdApp(tx, app)
  if ((await currentRelease(tx, app)) === null)
    throw new DomainError('no_release', `${name} has no release yet, so nothing runs. Push first.`)
  const cordoned = await cordonedNode(tx)
  if (cordoned !== null)
    throw new DomainError(
      'no_room',
      `The node ${cordoned} is cordoned, so no new instance can take the place of an old one. An administrator ends that with: skypanel nodes:uncordon ${cordoned}`,
    )
  const { type, instance } = input
  if (instance !== undefined) {
    if ((await markReplace(tx, app, instance)) === null) {
      throw new DomainError(
        'not_found',
        `${name} has no running instance ${instance}. List them with: skypanel ps`,
      )
    }
  } else {
    const known = await formationOf(tx, app)
    if (type !== undefined && !known.some((row) => row.type === type)) {
      throw new DomainError('process_type_unknown', `${name} has no process type ${type}.`)
    }
    await raiseGeneration(tx, app, type ?? null)
  }
  return {
    deployment: await beginWish(ctx, tx, app, actor, 'restart', {
      type: type ?? null,
      instance: instance ?? null,
    }),
  }
}

import type { Formation } from '../contract/formation.ts'
import type { AppId } from '../contract/ids.ts'
import { beginWish, holdApp } from '../deploy/begin-work.ts'
import type { Actor, ScaleUpdate } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import { serviceTypes } from '../domain/release.ts'
import { chosenSize } from '../runs/create-run.ts'
import { withRoom } from '../nodes/room.ts'
import { refuseQuantity } from '../domain/volumes.ts'
import type { Sql, Tx } from '../store/db.ts'
import { formationOf, setQuantity } from '../store/formation.ts'
import { newestRelease } from '../store/releases.ts'
import { volumesOf } from '../store/volumes.ts'

/** Stores the wish; the instances follow. */
export async function scale(
  ctx: Pick<DeployContext, 'newId' | 'bus' | 'settings'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  updates: readonly ScaleUpdate[],
): Promise<Formation[]> {
  const { name } = await holdApp(tx, app)
  const release = await newestRelease(tx, app)
  if (release === null)
    throw new DomainError('no_release', `${name} has no release yet, so nothing can be scaled. Push first.`)
  const types = serviceTypes(release.process_types)
  await withRoom(tx, ctx.settings, () => setAll(tx, app, name, types, updates))
  await beginWish(ctx, tx, app, actor, 'scale', { updates })
  return listFormation(tx, app)
}

async function setAll(
  tx: Tx,
  app: AppId,
  name: string,
  types: readonly string[],
  updates: readonly ScaleUpdate[],
): Promise<void> {
  const volumes = await volumesOf(tx, app)
  for (const { type, quantity, size } of updates) {
    if (!types.includes(type)) {
      throw new DomainError(
        'process_type_unknown',
        `${name} has no process type ${type}. It has: ${types.join(', ') || 'none'}.`,
      )
    }
    const refusal = refuseQuantity({ volumes }, type, quantity)
    if (refusal !== null) throw new DomainError('invalid_params', refusal)
    await setQuantity(tx, app, type, quantity, chosenSize(size))
  }
}

/** The process types of the newest release with their quantities. */
export async function listFormation(sql: Sql, app: AppId): Promise<Formation[]> {
  const release = await newestRelease(sql, app)
  const rows = await formationOf(sql, app)
  return rows.flatMap(({ type, quantity, size }) => {
    const command = release?.process_types[type]
    return command === undefined ? [] : [{ type, command, quantity, size }]
  })
}

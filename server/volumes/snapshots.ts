import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Volume, VolumeId } from '../contract/volumes.ts'
import { DomainError } from '../domain/errors.ts'
import { snapshotName } from '../domain/volumes.ts'
import { writeAudit } from '../store/audit.ts'
import { databaseNow } from '../store/instances.ts'
import { mustFind, shown } from './list-volumes.ts'
import type { NodeVolumes } from './node-volumes.ts'

type Ctx = Pick<Context, 'db'>

/** Keeps a copy of the disk as it is at one moment; an app that runs is held meanwhile, for 30 s at most. */
export async function takeSnapshot(
  ctx: Ctx,
  node: NodeVolumes,
  caller: Caller,
  app: AppId,
  name: string,
): Promise<Volume> {
  const snapshot = snapshotName(await databaseNow(ctx.db))
  return await change(ctx, node, caller, app, name, 'volume.snapshot', snapshot, (volume) =>
    node.snapshot(app, volume, snapshot),
  )
}

/** @param confirm has to repeat the volume's name, as what it holds is lost. */
export async function restoreSnapshot(
  ctx: Ctx,
  node: NodeVolumes,
  caller: Caller,
  app: AppId,
  input: { readonly volume: string; readonly snapshot: string; readonly confirm: string },
): Promise<Volume> {
  if (input.confirm !== input.volume)
    throw new DomainError(
      'confirmation_missing',
      `Restoring loses what ${input.volume} holds now. Confirm it by repeating its name: ${input.volume}`,
    )
  return await change(ctx, node, caller, app, input.volume, 'volume.restore', input.snapshot, (volume) =>
    node.restore(app, volume, input.snapshot),
  )
}

export async function removeSnapshot(
  ctx: Ctx,
  node: NodeVolumes,
  caller: Caller,
  app: AppId,
  name: string,
  snapshot: string,
): Promise<Volume> {
  return await change(ctx, node, caller, app, name, 'volume.remove-snapshot', snapshot, (volume) =>
    node.removeSnapshot(app, volume, snapshot),
  )
}

/** Written down before it is done, so that no lock is held while a disk is copied. */
async function change(
  ctx: Ctx,
  node: NodeVolumes,
  caller: Caller,
  app: AppId,
  name: string,
  action: string,
  snapshot: string,
  work: (volume: VolumeId) => Promise<void>,
): Promise<Volume> {
  const row = await changeApp(ctx, app, async (tx) => {
    const found = await mustFind(tx, app, name)
    await writeAudit(tx, { ...by(caller), action, app, target: name, detail: { snapshot } })
    return found
  })
  await work(row.id)
  return shown(row, await node.list(app))
}

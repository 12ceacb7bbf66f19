import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Volume } from '../contract/volumes.ts'
import { DomainError } from '../domain/errors.ts'
import { writeAudit } from '../store/audit.ts'
import { deleteVolume } from '../store/volumes.ts'
import { mustFind, shown } from './list-volumes.ts'
import type { NodeVolumes } from './node-volumes.ts'

/**
 * The disk goes with its snapshots, for good.
 * @param confirm has to repeat the volume's name. Errors: confirmation_missing, not_found, conflict (an instance has
 * it), node_unavailable, app_not_found.
 */
export async function destroyVolume(
  ctx: Pick<Context, 'db'>,
  node: NodeVolumes,
  caller: Caller,
  app: AppId,
  name: string,
  confirm: string,
): Promise<Volume> {
  if (confirm !== name)
    throw new DomainError(
      'confirmation_missing',
      `Destroying the volume ${name} cannot be undone. Confirm it by repeating its name: ${name}`,
    )
  return await changeApp(ctx, app, async (tx) => {
    const row = await mustFind(tx, app, name)
    await deleteVolume(tx, row.id)
    const detail = { size_mb: row.size_mb }
    await writeAudit(tx, { ...by(caller), action: 'volume.destroy', app, target: name, detail })
    await node.remove(app, row.id)
    return shown(row, [])
  })
}

import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { GrownVolume } from '../contract/volumes.ts'
import { DomainError } from '../domain/errors.ts'
import { showSize } from '../domain/volumes.ts'
import { writeAudit } from '../store/audit.ts'
import { resizeVolume } from '../store/volumes.ts'
import { mustFind, shown } from './list-volumes.ts'
import type { NodeVolumes } from './node-volumes.ts'

/** Errors: not_found, invalid_params (smaller), disk_full, node_unavailable, app_not_found, conflict. */
export async function growVolume(
  ctx: Pick<Context, 'db'>,
  node: NodeVolumes,
  caller: Caller,
  app: AppId,
  name: string,
  sizeMb: number,
): Promise<GrownVolume> {
  return await changeApp(ctx, app, async (tx) => {
    const row = await mustFind(tx, app, name)
    if (sizeMb < row.size_mb)
      throw new DomainError(
        'invalid_params',
        `${name} has ${showSize(row.size_mb)}, and a volume can only grow.`,
      )
    await resizeVolume(tx, row.id, sizeMb)
    const detail = { from: row.size_mb, to: sizeMb }
    await writeAudit(tx, { ...by(caller), action: 'volume.grow', app, target: name, detail })
    const { live } = await node.make(app, row.id, sizeMb)
    return { ...shown({ ...row, size_mb: sizeMb }, await node.list(app)), live }
  })
}

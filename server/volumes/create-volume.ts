import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Volume, VolumeId } from '../contract/volumes.ts'
import { DomainError } from '../domain/errors.ts'
import { refuseQuantity } from '../domain/volumes.ts'
import { writeAudit } from '../store/audit.ts'
import { formationOf } from '../store/formation.ts'
import { insertVolume } from '../store/volumes.ts'
import { shown } from './list-volumes.ts'
import type { NodeVolumes } from './node-volumes.ts'

/**
 * Makes the disk and its row, or neither. Errors: name_taken, invalid_params (its process type has several instances, or
 * can have none), disk_full, node_unavailable, app_not_found, conflict.
 */
export async function createVolume(
  ctx: Pick<Context, 'db' | 'newId'>,
  node: NodeVolumes,
  caller: Caller,
  app: AppId,
  input: { readonly name: string; readonly mount: string; readonly size_mb: number; readonly type: string },
): Promise<Volume> {
  if (input.type === 'release')
    throw new DomainError('invalid_params', 'The release phase has no volume; it runs beside the instances.')
  return await changeApp(ctx, app, async (tx, name) => {
    const formation = (await formationOf(tx, app)).find(({ type }) => type === input.type)
    const refusal = refuseQuantity({ volumes: [input] }, input.type, formation?.quantity ?? 0)
    if (refusal !== null) throw new DomainError('invalid_params', refusal)
    const row = await insertVolume(tx, app, { id: ctx.newId<VolumeId>(), ...input })
    if (row === null)
      throw new DomainError(
        'name_taken',
        `${name} has a volume ${input.name}, or one at ${input.mount} for ${input.type}, already. See: skypanel volumes`,
      )
    const { size_mb, mount, type } = input
    const detail = { size_mb, mount, type }
    await writeAudit(tx, { ...by(caller), action: 'volume.create', app, target: input.name, detail })
    // Last, and inside: a disk that cannot be had leaves no row.
    await node.make(app, row.id, input.size_mb)
    return shown(row, [])
  })
}

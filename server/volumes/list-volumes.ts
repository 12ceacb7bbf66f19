import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { NodeVolume, Volume } from '../contract/volumes.ts'
import { DomainError } from '../domain/errors.ts'
import type { Sql } from '../store/db.ts'
import { findVolume, type VolumeRow, volumesOf } from '../store/volumes.ts'
import type { NodeVolumes } from './node-volumes.ts'

export const shown = (row: VolumeRow, seen: readonly NodeVolume[] | null): Volume => {
  const there = seen?.find(({ volume }) => volume === row.id)
  return { ...row, attached: there?.attached ?? null, snapshots: there?.snapshots ?? [] }
}

export async function listVolumes(
  ctx: Pick<Context, 'db'>,
  node: NodeVolumes,
  app: AppId,
): Promise<Volume[]> {
  const rows = await volumesOf(ctx.db, app)
  const seen = rows.length === 0 ? [] : await node.list(app)
  return rows.map((row) => shown(row, seen))
}

/** Errors: not_found. */
export async function mustFind(sql: Sql, app: AppId, name: string): Promise<VolumeRow> {
  const row = await findVolume(sql, app, name)
  if (row !== null) return row
  throw new DomainError('not_found', `There is no volume ${name}. See those there are: skypanel volumes`)
}

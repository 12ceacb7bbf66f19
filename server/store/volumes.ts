import type { AppId } from '../contract/ids.ts'
import type { VolumeId } from '../contract/volumes.ts'
import type { Sql, Tx } from './db.ts'

export interface VolumeRow {
  readonly id: VolumeId
  readonly name: string
  readonly type: string
  readonly mount: string
  readonly size_mb: number
  readonly created_at: string
}

const COLUMNS = 'id, name, type, mount, size_mb, created_at'

export const volumesOf = (sql: Sql, app: AppId): Promise<VolumeRow[]> =>
  sql.query<VolumeRow>(`SELECT ${COLUMNS} FROM volumes WHERE app_id = $1 ORDER BY name`, [app])

export async function findVolume(sql: Sql, app: AppId, name: string): Promise<VolumeRow | null> {
  const [row] = await sql.query<VolumeRow>(`SELECT ${COLUMNS} FROM volumes WHERE app_id = $1 AND name = $2`, [
    app,
    name,
  ])
  return row ?? null
}

/** null: the app has one of that name, or one at that place for the process type. */
export async function insertVolume(
  tx: Tx,
  app: AppId,
  volume: Omit<VolumeRow, 'created_at'>,
): Promise<VolumeRow | null> {
  const [row] = await tx.query<VolumeRow>(
    `INSERT INTO volumes (id, app_id, name, type, mount, size_mb) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [volume.id, app, volume.name, volume.type, volume.mount, volume.size_mb],
  )
  return row ?? null
}

export async function resizeVolume(tx: Tx, id: VolumeId, sizeMb: number): Promise<void> {
  await tx.query('UPDATE volumes SET size_mb = $2 WHERE id = $1', [id, sizeMb])
}

export async function deleteVolume(tx: Tx, id: VolumeId): Promise<void> {
  await tx.query('DELETE FROM volumes WHERE id = $1', [id])
}

/** Every volume of the platform, for the doctor. */
export async function allVolumes(sql: Sql): Promise<VolumeId[]> {
  return (await sql.query<{ id: VolumeId }>('SELECT id FROM volumes ORDER BY id')).map(({ id }) => id)
}

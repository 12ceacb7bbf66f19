import type { AppId } from '../contract/ids.ts'
import type { Sql, Tx } from './db.ts'

export interface SealedVar {
  readonly name: string
  readonly sealed: Buffer
}

export async function sealedVars(sql: Sql, app: AppId): Promise<SealedVar[]> {
  return await sql.query<SealedVar>(
    'SELECT name, sealed FROM env_vars WHERE app_id = $1 ORDER BY name COLLATE "C"',
    [app],
  )
}

export const varNames = (sql: Sql, app: AppId): Promise<{ name: string; updated_at: string }[]> =>
  sql.query('SELECT name, updated_at FROM env_vars WHERE app_id = $1 ORDER BY name COLLATE "C"', [app])

export async function putVar(tx: Tx, app: AppId, name: string, sealed: Buffer): Promise<void> {
  await tx.query(
    `INSERT INTO env_vars (app_id, name, sealed) VALUES ($1, $2, $3)
     ON CONFLICT (app_id, name) DO UPDATE SET sealed = excluded.sealed, updated_at = now()`,
    [app, name, sealed],
  )
}

export async function deleteVar(tx: Tx, app: AppId, name: string): Promise<void> {
  await tx.query('DELETE FROM env_vars WHERE app_id = $1 AND name = $2', [app, name])
}

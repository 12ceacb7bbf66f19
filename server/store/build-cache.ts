import type { AppId } from '../contract/ids.ts'
import type { Sql } from './db.ts'

/** Facts of an app's last good build that the next one begins with, by key. */
export async function recall(sql: Sql, app: AppId, key: string): Promise<unknown> {
  const [row] = await sql.query<{ value: unknown }>(
    'UPDATE build_cache SET used_at = now() WHERE app_id = $1 AND key = $2 RETURNING value',
    [app, key],
  )
  return row?.value ?? null
}

export async function remember(sql: Sql, app: AppId, key: string, value: object): Promise<void> {
  await sql.query(
    `INSERT INTO build_cache (app_id, key, value) VALUES ($1, $2, $3)
     ON CONFLICT (app_id, key) DO UPDATE SET value = excluded.value, used_at = now()`,
    [app, key, JSON.stringify(value)],
  )
}

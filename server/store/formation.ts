import type { AppId } from '../contract/ids.ts'
import type { Sql, Tx } from './db.ts'

export interface FormationRow {
  readonly type: string
  readonly quantity: number
  readonly size: string
  readonly generation: number
  readonly crashes: number
  /** ms since the epoch by the database's clock. */
  readonly crashed_at: number | null
}

export const formationOf = (sql: Sql, app: AppId): Promise<FormationRow[]> =>
  sql.query<FormationRow>(
    `SELECT type, quantity, size, generation, crashes, (extract(epoch FROM crashed_at) * 1000)::float8 AS crashed_at
       FROM formations WHERE app_id = $1 ORDER BY type`,
    [app],
  )

/** New process types: one web, none of the others, until somebody scales. What is there stays. */
export async function addTypes(tx: Tx, app: AppId, types: readonly string[], size: string): Promise<void> {
  await tx.query(
    `INSERT INTO formations (app_id, type, quantity, size)
     SELECT $1, type, CASE type WHEN 'web' THEN 1 ELSE 0 END, $3 FROM unnest($2::text[]) AS type ON CONFLICT DO NOTHING`,
    [app, types, size],
  )
}

/** A new wish is a new chance: the wait after crashes ends. */
export async function setQuantity(
  tx: Tx,
  app: AppId,
  type: string,
  quantity: number,
  size: string | null,
): Promise<void> {
  await tx.query(
    `UPDATE formations SET quantity = $3, size = coalesce($4, size),
        generation = generation + CASE WHEN $4 IS NOT NULL AND $4 <> size THEN 1 ELSE 0 END, crashes = 0, crashed_at = NULL
      WHERE app_id = $1 AND type = $2`,
    [app, type, quantity, size],
  )
}

/** Every instance of the type (null: of all types) is to be replaced. */
export async function raiseGeneration(tx: Tx, app: AppId, type: string | null): Promise<void> {
  await tx.query(
    `UPDATE formations SET generation = generation + 1, crashes = 0, crashed_at = NULL WHERE app_id = $1 AND ($2::text IS NULL OR type = $2)`,
    [app, type],
  )
}

export async function recordCrash(tx: Tx, app: AppId, type: string, crashes: number): Promise<void> {
  await tx.query(
    'UPDATE formations SET crashes = $3, crashed_at = clock_timestamp() WHERE app_id = $1 AND type = $2',
    [app, type, crashes],
  )
}

export async function clearCrashes(tx: Tx, app: AppId): Promise<void> {
  await tx.query('UPDATE formations SET crashes = 0, crashed_at = NULL WHERE app_id = $1 AND crashes > 0', [
    app,
  ])
}

import type { Sql, Tx } from './db.ts'

export async function readSetting(sql: Sql, key: string): Promise<unknown> {
  const [row] = await sql.query<{ value: unknown }>('SELECT value FROM settings WHERE key = $1', [key])
  return row?.value
}

export async function writeSetting(tx: Tx, key: string, value: unknown): Promise<void> {
  await tx.query(
    'INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()',
    [key, JSON.stringify(value)],
  )
}

/**
 * Takes the lead: a higher epoch than any server before, and than the highest that agents say they saw (a database that
 * was restored from a backup is behind them).
 */
export async function raiseEpoch(sql: Sql, seen: number): Promise<number> {
  const [row] = await sql.query<{ epoch: number }>(
    `UPDATE nodes SET epoch = greatest((SELECT max(epoch) FROM nodes), $1) + 1 RETURNING epoch`,
    [seen],
  )
  if (row === undefined) throw new Error('the table of nodes is empty; was migration 0001 applied?')
  return row.epoch
}

/** The epoch of the server that leads now; a server with a lower one was replaced. */
export async function currentEpoch(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ epoch: number }>('SELECT max(epoch) AS epoch FROM nodes')
  return row?.epoch ?? 0
}

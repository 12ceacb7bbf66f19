import type { Sql } from './db.ts'

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

import type { NodeResources } from '../contract/nodes.ts'
import type { Sql, Tx } from './db.ts'

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

export interface NodeRow {
  readonly name: string
  readonly cordoned_at: string | null
  /** As its agent told it last; null: it was never reached. */
  readonly resources: NodeResources | null
}

const ROW = 'SELECT name, cordoned_at, resources FROM nodes'

export const nodeRows = (sql: Sql): Promise<NodeRow[]> => sql.query<NodeRow>(`${ROW} ORDER BY name`)

/** The node that instances are placed on, held until the transaction ends. */
export async function lockNode(tx: Tx): Promise<NodeRow> {
  const [row] = await tx.query<NodeRow>(`${ROW} ORDER BY name LIMIT 1 FOR UPDATE`)
  if (row === undefined) throw new Error('the table of nodes is empty; was migration 0001 applied?')
  return row
}

/** The name of a node on which nothing is placed, while there is no other. */
export async function cordonedNode(sql: Sql): Promise<string | null> {
  const rows = await nodeRows(sql)
  return rows.every(({ cordoned_at }) => cordoned_at !== null) ? (rows[0]?.name ?? null) : null
}

/** Every agent that answers is this one's; with more machines each has its own name. */
export async function saveResources(sql: Sql, resources: NodeResources): Promise<void> {
  await sql.query('UPDATE nodes SET resources = $1', [JSON.stringify(resources)])
}

/** False: there is no such node. One that is cordoned already keeps its time. */
export async function setCordoned(tx: Tx, name: string, cordoned: boolean): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE nodes SET cordoned_at = CASE WHEN $2 THEN coalesce(cordoned_at, now()) END WHERE name = $1 RETURNING name`,
    [name, cordoned],
  )
  return rows.length === 1
}

/** What is wished to run, by size: the quantities of every app, and one-offs that have not ended. */
export const promisedSizes = (sql: Sql): Promise<{ readonly size: string; readonly count: number }[]> =>
  sql.query(
    `SELECT size, sum(count)::int AS count FROM (
       SELECT formations.size, formations.quantity AS count FROM formations
         JOIN apps ON apps.id = formations.app_id AND apps.state = 'active'
         LEFT JOIN releases ON releases.id = apps.current_release_id
        WHERE formations.quantity > 0 AND (releases.id IS NULL OR releases.process_types ? formations.type)
       UNION ALL
       SELECT coalesce(run->>'size', 'standard-1x'), 1 FROM instances
        WHERE kind <> 'service' AND phase <> 'ended' AND status IS DISTINCT FROM 'exited'
     ) wished GROUP BY size ORDER BY size`,
  )

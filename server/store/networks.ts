import type { AppId } from '../contract/ids.ts'
import type { EgressPolicy } from '../contract/network.ts'
import type { Sql, Tx } from './db.ts'

export interface NetworkRow {
  readonly app_id: AppId
  readonly egress: EgressPolicy
  readonly allow: readonly string[]
  readonly revision: number
  readonly links: readonly AppId[]
}

const SELECT = `SELECT app_id, egress, allow, revision,
    (SELECT coalesce(jsonb_agg(target_id ORDER BY target_id), '[]') FROM app_links
      WHERE app_links.app_id = app_networks.app_id) AS links
  FROM app_networks`

/** null: nothing was ever decided about the app. */
export async function networkOf(sql: Sql, app: AppId): Promise<NetworkRow | null> {
  const [row] = await sql.query<NetworkRow>(`${SELECT} WHERE app_id = $1`, [app])
  return row ?? null
}

export const allNetworks = (sql: Sql): Promise<NetworkRow[]> =>
  sql.query<NetworkRow>(`${SELECT} ORDER BY app_id`)

export async function setEgress(
  tx: Tx,
  app: AppId,
  egress: EgressPolicy,
  allow: readonly string[],
): Promise<void> {
  await tx.query(
    `INSERT INTO app_networks (app_id, egress, allow) VALUES ($1, $2, $3)
     ON CONFLICT (app_id) DO UPDATE SET egress = excluded.egress, allow = excluded.allow, revision = excluded.revision`,
    [app, egress, JSON.stringify(allow)],
  )
}

export interface LinkRow {
  /** Name of the app that may be called. */
  readonly app: string
  readonly created_at: string
}

export const linksOf = (sql: Sql, app: AppId): Promise<LinkRow[]> =>
  sql.query<LinkRow>(
    `SELECT apps.name AS app, app_links.created_at FROM app_links JOIN apps ON apps.id = target_id
      WHERE app_links.app_id = $1 ORDER BY apps.name`,
    [app],
  )

export async function countLinks(sql: Sql, app: AppId): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM app_links WHERE app_id = $1',
    [app],
  )
  return row?.count ?? 0
}

/** What is there already stays as it is. */
export async function insertLink(tx: Tx, app: AppId, target: AppId): Promise<void> {
  await tx.query('INSERT INTO app_networks (app_id) VALUES ($1) ON CONFLICT DO NOTHING', [app])
  await tx.query('INSERT INTO app_links (app_id, target_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    app,
    target,
  ])
}

/** null when there was none to an app of that name. */
export async function deleteLink(tx: Tx, app: AppId, target: string): Promise<LinkRow | null> {
  const [row] = await tx.query<LinkRow>(
    `DELETE FROM app_links USING apps WHERE apps.id = target_id AND app_links.app_id = $1 AND apps.name = $2
     RETURNING apps.name AS app, app_links.created_at`,
    [app, target],
  )
  return row ?? null
}

import type { AccountId, AppId, BuildId, ReleaseId } from '../contract/ids.ts'
import type { DriverName } from '../contract/drivers.ts'
import type { Artifact } from '../contract/nodes.ts'
import type { Release } from '../contract/releases.ts'
import type { Sql, Tx } from './db.ts'

export interface NewRelease {
  readonly id: ReleaseId
  readonly app: AppId
  readonly build: BuildId
  readonly kind: 'push' | 'rollback' | 'config'
  readonly description: string
  readonly account: AccountId | null
  readonly author: string
  readonly processTypes: Readonly<Record<string, string>>
  /** The release whose config it takes; null: the config vars as they are now. */
  readonly configOf: ReleaseId | null
  readonly basedOn: number | null
}

/** Everything that an instance of a release needs. */
export interface ReleaseRow {
  readonly id: ReleaseId
  readonly app_id: AppId
  readonly version: number
  readonly state: Release['state']
  readonly kind: NewRelease['kind']
  readonly build_id: BuildId
  readonly description: string
  readonly account_id: AccountId | null
  readonly author: string
  readonly process_types: Record<string, string>
  /** Sealed values by name, in base64. */
  readonly config: Record<string, string>
  readonly formation: { readonly type: string; readonly quantity: number; readonly size: string }[]
  readonly based_on: number | null
  readonly artifact: Artifact | null
  /** Checks of its process types as the build's plan has them; null: none. */
  readonly health: unknown
  /** Entries of its schedule, as in the build's plan; null: none. */
  readonly cron: unknown
  /** What its source asks to be run in; null: nothing. */
  readonly driver: DriverName | null
  readonly collected: boolean
}

const SNAPSHOT = `(SELECT coalesce(jsonb_object_agg(name, encode(sealed, 'base64')), '{}') FROM env_vars WHERE app_id = $2)`

/** The caller holds the app's row, so numbers follow each other and the config is of one moment. */
export async function insertRelease(tx: Tx, release: NewRelease): Promise<number> {
  const [row] = await tx.query<{ version: number }>(
    `INSERT INTO releases (id, app_id, version, build_id, kind, description, account_id, author, process_types, config, formation, based_on)
     SELECT $1, $2, coalesce((SELECT max(version) FROM releases WHERE app_id = $2), 0) + 1, $3, $4, $5, $6, $7, $8,
            coalesce((SELECT config FROM releases WHERE id = $9), ${SNAPSHOT}),
            (SELECT coalesce(jsonb_agg(jsonb_build_object('type', type, 'quantity', quantity, 'size', size) ORDER BY type), '[]')
               FROM formations WHERE app_id = $2),
            $10
     RETURNING version`,
    [
      release.id,
      release.app,
      release.build,
      release.kind,
      release.description,
      release.account,
      release.author,
      JSON.stringify(release.processTypes),
      release.configOf,
      release.basedOn,
    ],
  )
  if (row === undefined) throw new Error('the release was not inserted')
  return row.version
}

const ROW = `SELECT releases.id, releases.app_id, releases.version, releases.state, releases.kind, releases.build_id,
    releases.description, releases.account_id, releases.author, releases.process_types, releases.config, releases.formation,
    releases.based_on, builds.artifact, builds.plan #> '{release,health}' AS health, builds.plan #> '{release,cron}' AS cron,
    builds.plan->'release'->>'driver' AS driver, builds.collected_at IS NOT NULL AS collected
  FROM releases JOIN builds ON builds.id = releases.build_id`

export async function getRelease(sql: Sql, id: ReleaseId): Promise<ReleaseRow | null> {
  const [row] = await sql.query<ReleaseRow>(`${ROW} WHERE releases.id = $1`, [id])
  return row ?? null
}

/** Locks the build against its collection until the transaction ends. */
export async function lockReleaseByVersion(tx: Tx, app: AppId, version: number): Promise<ReleaseRow | null> {
  const [row] = await tx.query<ReleaseRow>(
    `${ROW} WHERE releases.app_id = $1 AND releases.version = $2 FOR SHARE OF builds`,
    [app, version],
  )
  return row ?? null
}

export async function findRelease(sql: Sql, app: AppId, version: number): Promise<ReleaseRow | null> {
  const [row] = await sql.query<ReleaseRow>(`${ROW} WHERE releases.app_id = $1 AND releases.version = $2`, [
    app,
    version,
  ])
  return row ?? null
}

export async function currentRelease(sql: Sql, app: AppId): Promise<ReleaseRow | null> {
  const [row] = await sql.query<ReleaseRow>(
    `${ROW} JOIN apps ON apps.current_release_id = releases.id WHERE apps.id = $1`,
    [app],
  )
  return row ?? null
}

/** The newest that did not fail: what a further change is made on top of. */
export async function newestRelease(sql: Sql, app: AppId): Promise<ReleaseRow | null> {
  const [row] = await sql.query<ReleaseRow>(
    `${ROW} WHERE releases.app_id = $1 AND releases.state <> 'failed' ORDER BY releases.version DESC LIMIT 1`,
    [app],
  )
  return row ?? null
}

/** The newest below the current one that once served: what a rollback without a version goes back to. */
export async function previousVersion(sql: Sql, app: AppId): Promise<number | null> {
  const [row] = await sql.query<{ version: number }>(
    `SELECT releases.version FROM releases JOIN apps ON apps.id = releases.app_id JOIN releases now ON now.id = apps.current_release_id
      WHERE apps.id = $1 AND releases.version < now.version AND releases.state = 'superseded' AND releases.live_at IS NOT NULL
      ORDER BY releases.version DESC LIMIT 1`,
    [app],
  )
  return row?.version ?? null
}

/** Whether the config vars of this moment are the ones that a release holds. */
export async function hasCurrentConfig(sql: Sql, id: ReleaseId): Promise<boolean> {
  const [row] = await sql.query<{ same: boolean }>(
    `SELECT config = (SELECT coalesce(jsonb_object_agg(name, encode(sealed, 'base64')), '{}') FROM env_vars
        WHERE env_vars.app_id = releases.app_id) AS same FROM releases WHERE id = $1`,
    [id],
  )
  return row?.same === true
}

/** Makes a release the one that serves, and the one before superseded. */
export async function promoteRelease(tx: Tx, app: AppId, id: ReleaseId): Promise<void> {
  await tx.query(
    `UPDATE releases SET state = 'superseded' WHERE app_id = $1 AND state = 'live' AND id <> $2`,
    [app, id],
  )
  await tx.query(`UPDATE releases SET state = 'live', live_at = coalesce(live_at, now()) WHERE id = $1`, [id])
  await tx.query('UPDATE apps SET current_release_id = $2, updated_at = now() WHERE id = $1', [app, id])
}

export async function closeRelease(
  tx: Tx,
  id: ReleaseId,
  state: 'failed' | 'superseded',
  reason: string,
): Promise<void> {
  await tx.query(`UPDATE releases SET state = $2, reason = $3 WHERE id = $1 AND state = 'pending'`, [
    id,
    state,
    reason,
  ])
}

/** Lets the config vars be those of a release; a var that was changed after the release was made stays. */
export async function restoreConfig(tx: Tx, release: ReleaseRow): Promise<void> {
  const made = '(SELECT created_at FROM releases WHERE id = $1)'
  await tx.query(
    `DELETE FROM env_vars WHERE app_id = $2 AND updated_at <= ${made} AND NOT (SELECT config FROM releases WHERE id = $1) ? name`,
    [release.id, release.app_id],
  )
  await tx.query(
    `INSERT INTO env_vars (app_id, name, sealed, updated_at)
     SELECT $2, var.key, decode(var.value, 'base64'), ${made} FROM releases, jsonb_each_text(config) var WHERE releases.id = $1
     ON CONFLICT (app_id, name) DO UPDATE SET sealed = excluded.sealed, updated_at = now()
       WHERE env_vars.updated_at <= excluded.updated_at AND env_vars.sealed <> excluded.sealed`,
    [release.id, release.app_id],
  )
}

const SHOWN = `SELECT releases.id, releases.version, releases.state, releases.description, builds.commit_sha AS commit, releases.author,
    releases.process_types, builds.collected_at IS NULL AS kept, releases.reason, releases.created_at
  FROM releases JOIN builds ON builds.id = releases.build_id`

export const listReleases = (sql: Sql, app: AppId, limit: number): Promise<Release[]> =>
  sql.query<Release>(`${SHOWN} WHERE releases.app_id = $1 ORDER BY releases.version DESC LIMIT $2`, [
    app,
    limit,
  ])

export async function showRelease(sql: Sql, app: AppId, version: number): Promise<Release | null> {
  const [row] = await sql.query<Release>(`${SHOWN} WHERE releases.app_id = $1 AND releases.version = $2`, [
    app,
    version,
  ])
  return row ?? null
}

import type { AccountId, AppId, TeamId } from '../contract/ids.ts'
import type { VulnerabilityPolicy } from '../contract/apps.ts'
import type { DriverName } from '../contract/drivers.ts'
import type { DeploymentKind } from '../contract/releases.ts'
import type { TeamRole } from '../domain/permissions.ts'
import type { Sql, Tx } from './db.ts'

export interface AppRow {
  readonly id: AppId
  readonly name: string
  readonly team_id: TeamId
  readonly team: string
  readonly stack: string
  readonly state: 'active' | 'destroying'
  readonly maintenance: boolean
  readonly deploy_branch: string
  readonly health_check_path: string | null
  readonly vulnerability_policy: VulnerabilityPolicy
  readonly driver: DriverName | null
  readonly created_at: string
  readonly updated_at: string
  /** null before the first release. */
  readonly release_version: number | null
  readonly release_commit: string | null
  readonly release_description: string | null
  readonly release_created_at: string | null
  /** Of services: what is wanted, what is ready, and process types that wait after a crash. */
  readonly wanted: number
  readonly ready: number
  readonly crashed: number
  /** The oldest work that is under way. */
  readonly work: DeploymentKind | null
}

const SELECT = `SELECT apps.id, apps.name, apps.team_id, teams.name AS team, apps.stack, apps.state, apps.maintenance,
    apps.deploy_branch, apps.health_check_path, apps.vulnerability_policy, apps.driver, apps.created_at, apps.updated_at,
    releases.version AS release_version, builds.commit_sha AS release_commit,
    releases.description AS release_description, releases.created_at AS release_created_at,
    services.wanted, services.crashed, running.ready, work.kind AS work
  FROM apps JOIN teams ON teams.id = apps.team_id
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(quantity), 0)::int AS wanted, (count(*) FILTER (WHERE quantity > 0 AND crashes > 0))::int AS crashed
      FROM formations WHERE formations.app_id = apps.id AND type <> 'release') services
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS ready FROM instances
     WHERE instances.app_id = apps.id AND phase = 'started' AND status = 'ready' AND unready IS NULL AND NOT held AND kind = 'service') running
  LEFT JOIN LATERAL (
    SELECT kind FROM deployments WHERE deployments.app_id = apps.id AND deployments.state IN ('queued', 'running')
     ORDER BY created_at LIMIT 1) work ON true
  LEFT JOIN releases ON releases.id = apps.current_release_id
  LEFT JOIN builds ON builds.id = releases.build_id`

/** false when the name is taken. */
export async function insertApp(
  tx: Tx,
  app: { id: AppId; name: string; team: TeamId; stack: string },
): Promise<boolean> {
  const rows = await tx.query(
    'INSERT INTO apps (id, name, team_id, stack) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING RETURNING id',
    [app.id, app.name, app.team, app.stack],
  )
  return rows.length === 1
}

export async function findApp(sql: Sql, id: AppId): Promise<AppRow | null> {
  const [row] = await sql.query<AppRow>(`${SELECT} WHERE apps.id = $1`, [id])
  return row ?? null
}

/** What authorising needs to know of an app. */
export interface AppStanding {
  readonly id: AppId
  readonly name: string
  readonly state: AppRow['state']
  /** null: the account is not in the team that owns the app. */
  readonly role: TeamRole | null
}

/** The apps of an account's teams, or all of them (null), by name. */
export async function appsOf(sql: Sql, account: AccountId | null): Promise<AppRow[]> {
  return await sql.query<AppRow>(
    `${SELECT} WHERE $1::uuid IS NULL OR apps.team_id IN (SELECT team_id FROM memberships WHERE account_id = $1) ORDER BY apps.name`,
    [account],
  )
}

export interface AppChange {
  readonly maintenance?: boolean | undefined
  readonly deploy_branch?: string | undefined
  readonly health_check_path?: string | null | undefined
  readonly vulnerability_policy?: VulnerabilityPolicy | undefined
  readonly driver?: DriverName | null | undefined
}

/** Columns that are not given stay. */
export async function updateApp(tx: Tx, id: AppId, change: AppChange): Promise<void> {
  await tx.query(
    `UPDATE apps SET maintenance = coalesce($2, maintenance), deploy_branch = coalesce($3, deploy_branch),
        health_check_path = CASE WHEN $4 THEN $5 ELSE health_check_path END,
        vulnerability_policy = coalesce($6, vulnerability_policy),
        driver = CASE WHEN $7 THEN $8 ELSE driver END, updated_at = now() WHERE id = $1`,
    [
      id,
      change.maintenance ?? null,
      change.deploy_branch ?? null,
      change.health_check_path !== undefined,
      change.health_check_path ?? null,
      change.vulnerability_policy ?? null,
      change.driver !== undefined,
      change.driver ?? null,
    ],
  )
}

/**
 * Serialises changes of one app; null when it is gone. Comes before any other lock of a transaction. Rows that only refer
 * to the app can be written meanwhile.
 */
export async function lockApp(
  tx: Tx,
  id: AppId,
): Promise<{ readonly name: string; readonly state: AppRow['state'] } | null> {
  const [row] = await tx.query<{ name: string; state: AppRow['state'] }>(
    'SELECT name, state FROM apps WHERE id = $1 FOR NO KEY UPDATE',
    [id],
  )
  return row ?? null
}

/** What a git request needs to know of its repository's app and of who asks; null: there is no such app. */
export interface RepositoryApp {
  readonly id: AppId
  readonly name: string
  readonly state: AppRow['state']
  readonly deploy_branch: string
  readonly role: TeamRole | null
  readonly platform_admin: boolean
}

export async function findRepositoryApp(
  sql: Sql,
  name: string,
  account: AccountId,
): Promise<RepositoryApp | null> {
  const [row] = await sql.query<RepositoryApp>(
    `SELECT apps.id, apps.name, apps.state, apps.deploy_branch, memberships.role,
            coalesce((SELECT platform_admin FROM accounts WHERE id = $2), false) AS platform_admin
       FROM apps LEFT JOIN memberships ON memberships.team_id = apps.team_id AND memberships.account_id = $2
      WHERE apps.name = $1`,
    [name, account],
  )
  return row ?? null
}

/** The row and with it every row that belongs to the app. Does nothing when it is gone. */
export async function removeApp(tx: Tx, id: AppId): Promise<void> {
  await tx.query('DELETE FROM apps WHERE id = $1', [id])
}

/** From here on nothing new is started for the app; its name stays taken until the row is gone. */
export async function markDestroying(tx: Tx, id: AppId): Promise<void> {
  await tx.query(`UPDATE apps SET state = 'destroying', updated_at = now() WHERE id = $1`, [id])
}

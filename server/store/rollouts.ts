import type { DeployStrategy } from '../contract/deploys.ts'
import type { AppId, DeploymentId, ReleaseId } from '../contract/ids.ts'
import type { DriverName } from '../contract/drivers.ts'
import type { Db, Sql, Tx } from './db.ts'

/** Everything that decides what should run, of one moment. Times are ms since the epoch by the database's clock. */
export interface RolloutFacts {
  readonly name: string
  readonly state: 'active' | 'destroying'
  readonly health_check_path: string | null
  readonly strategy: Partial<DeployStrategy>
  readonly has_volume: boolean
  readonly driver: DriverName | null
  readonly current: { readonly id: ReleaseId; readonly version: number; readonly types: string[] } | null
  readonly candidate: {
    readonly id: ReleaseId
    readonly version: number
    readonly types: string[]
    readonly deployment: DeploymentId
    readonly deadline: number
    readonly paused: boolean
    readonly hold: number | null
    readonly promoted: boolean
  } | null
  readonly kept: { readonly version: number; readonly until: number } | null
  readonly watch: { readonly back: number; readonly until: number } | null
  readonly now: number
}

const ms = (time: string) => `(extract(epoch FROM ${time}) * 1000)::float8`

export async function rolloutFacts(sql: Sql, app: AppId): Promise<RolloutFacts | null> {
  const types = (of: string) =>
    `(SELECT coalesce(jsonb_agg(type), '[]') FROM jsonb_object_keys(${of}.process_types) type)`
  const [row] = await sql.query<RolloutFacts>(
    `SELECT apps.name, apps.state, apps.health_check_path, apps.deploy_strategy AS strategy, apps.driver,
        EXISTS (SELECT FROM volumes WHERE volumes.app_id = apps.id) AS has_volume,
        CASE WHEN live.id IS NOT NULL THEN jsonb_build_object('id', live.id, 'version', live.version, 'types', ${types('live')}) END AS current,
        CASE WHEN next.id IS NOT NULL THEN jsonb_build_object('id', next.id, 'version', next.version, 'types', ${types('next')},
            'deployment', rollout.id, 'deadline', ${ms('rollout.rollout_deadline')}, 'paused', rollout.paused_at IS NOT NULL,
            'hold', ${ms('rollout.canary_since')}, 'promoted', rollout.promoted_at IS NOT NULL) END AS candidate,
        CASE WHEN apps.kept_until > now() THEN jsonb_build_object('version', apps.kept_version, 'until', ${ms('apps.kept_until')}) END AS kept,
        CASE WHEN apps.watch_until > now() THEN jsonb_build_object('back', apps.watch_back, 'until', ${ms('apps.watch_until')}) END AS watch,
        ${ms('clock_timestamp()')} AS now
       FROM apps
       LEFT JOIN releases live ON live.id = apps.current_release_id
       LEFT JOIN deployments rollout ON rollout.app_id = apps.id AND rollout.state = 'running' AND rollout.rollout_deadline IS NOT NULL
       LEFT JOIN releases next ON next.id = rollout.release_id
      WHERE apps.id = $1`,
    [app],
  )
  return row ?? null
}

/** What an app was told of its deploys; what is missing has its default. */
export async function storedStrategy(sql: Sql, app: AppId): Promise<Partial<DeployStrategy>> {
  const [row] = await sql.query<{ deploy_strategy: Partial<DeployStrategy> }>(
    'SELECT deploy_strategy FROM apps WHERE id = $1',
    [app],
  )
  return row?.deploy_strategy ?? {}
}

export async function storeStrategy(tx: Tx, app: AppId, strategy: DeployStrategy): Promise<void> {
  await tx.query('UPDATE apps SET deploy_strategy = $2, updated_at = now() WHERE id = $1', [
    app,
    JSON.stringify(strategy),
  ])
}

/** What the release that goes live leaves behind; both end with the next one. Seconds, 0: not at all. */
export async function keepFormer(
  tx: Tx,
  app: AppId,
  former: number | null,
  seconds: { readonly keep: number; readonly watch: number },
): Promise<void> {
  await tx.query(
    `UPDATE apps SET kept_version = CASE WHEN $3 > 0 THEN $2::int END, kept_until = CASE WHEN $3 > 0 AND $2 IS NOT NULL THEN now() + make_interval(secs => $3) END,
        watch_back = CASE WHEN $4 > 0 THEN $2::int END, watch_until = CASE WHEN $4 > 0 AND $2 IS NOT NULL THEN now() + make_interval(secs => $4) END
      WHERE id = $1`,
    [app, former, seconds.keep, seconds.watch],
  )
}

export async function endWatch(tx: Tx, app: AppId): Promise<void> {
  await tx.query('UPDATE apps SET watch_back = NULL, watch_until = NULL WHERE id = $1', [app])
}

/** A pause that goes on already keeps its time. */
export async function pauseRollout(tx: Tx, deployment: DeploymentId): Promise<void> {
  await tx.query('UPDATE deployments SET paused_at = coalesce(paused_at, now()) WHERE id = $1', [deployment])
}

/** The time of the pause does not count towards the deadline. */
export async function resumeRollout(tx: Tx, deployment: DeploymentId): Promise<void> {
  await tx.query(
    `UPDATE deployments SET rollout_deadline = rollout_deadline + (now() - paused_at), paused_at = NULL
      WHERE id = $1 AND paused_at IS NOT NULL`,
    [deployment],
  )
}

export async function holdRollout(tx: Tx, deployment: DeploymentId): Promise<void> {
  await tx.query('UPDATE deployments SET canary_since = coalesce(canary_since, now()) WHERE id = $1', [
    deployment,
  ])
}

/** The rest has `seconds` of its own to become ready. */
export async function promoteCanaries(tx: Tx, deployment: DeploymentId, seconds: number): Promise<void> {
  await tx.query(
    `UPDATE deployments SET promoted_at = now(), rollout_deadline = now() + make_interval(secs => $2)
      WHERE id = $1 AND promoted_at IS NULL`,
    [deployment, seconds],
  )
}

/** From here on the deployment's release is no candidate; nothing can make it live any more. */
export async function closeRollout(tx: Tx, deployment: DeploymentId): Promise<void> {
  await tx.query('UPDATE deployments SET rollout_deadline = NULL WHERE id = $1', [deployment])
}

/** Reads that see the database as it is at one moment, so that what they tell fits together. */
export const ofOneMoment = <T>(db: Pick<Db, 'transaction'>, read: (tx: Tx) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    return await read(tx)
  })

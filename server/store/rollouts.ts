import type { AppId, DeploymentId, ReleaseId } from '../contract/ids.ts'
import type { DriverName } from '../contract/drivers.ts'
import type { Sql } from './db.ts'

/** Everything that decides what should run, of one moment. */
export interface RolloutFacts {
  readonly name: string
  readonly state: 'active' | 'destroying'
  readonly health_check_path: string | null
  readonly driver: DriverName | null
  readonly current: { readonly id: ReleaseId; readonly version: number; readonly types: string[] } | null
  readonly candidate: {
    readonly id: ReleaseId
    readonly version: number
    readonly types: string[]
    readonly deployment: DeploymentId
    /** ms since the epoch by the database's clock. */
    readonly deadline: number
  } | null
  /** The database's clock, ms since the epoch. */
  readonly now: number
}

export async function rolloutFacts(sql: Sql, app: AppId): Promise<RolloutFacts | null> {
  const types = (of: string) =>
    `(SELECT coalesce(jsonb_agg(type), '[]') FROM jsonb_object_keys(${of}.process_types) type)`
  const [row] = await sql.query<RolloutFacts>(
    `SELECT apps.name, apps.state, apps.health_check_path, apps.driver,
        CASE WHEN live.id IS NOT NULL THEN jsonb_build_object('id', live.id, 'version', live.version, 'types', ${types('live')}) END AS current,
        CASE WHEN next.id IS NOT NULL THEN jsonb_build_object('id', next.id, 'version', next.version, 'types', ${types('next')},
            'deployment', rollout.id, 'deadline', extract(epoch FROM rollout.rollout_deadline) * 1000) END AS candidate,
        (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
       FROM apps
       LEFT JOIN releases live ON live.id = apps.current_release_id
       LEFT JOIN deployments rollout ON rollout.app_id = apps.id AND rollout.state = 'running' AND rollout.rollout_deadline IS NOT NULL
       LEFT JOIN releases next ON next.id = rollout.release_id
      WHERE apps.id = $1`,
    [app],
  )
  return row ?? null
}

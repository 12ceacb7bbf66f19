import type { AppId, InstanceId, ReleaseId } from '../contract/ids.ts'
import type { CronRun } from '../contract/cron.ts'
import type { Seen } from '../domain/cron-due.ts'
import type { Sql, Tx } from './db.ts'

/** An app whose release that serves has a schedule. */
export interface Scheduled {
  readonly id: AppId
  readonly release_id: ReleaseId
  /** contract of the build's plan; whoever reads it parses it. */
  readonly cron: unknown
  /** ms since the epoch. */
  readonly live_at: number
}

const SCHEDULED = `SELECT apps.id, releases.id AS release_id, builds.plan #> '{release,cron}' AS cron,
    (extract(epoch FROM coalesce(releases.live_at, releases.created_at)) * 1000)::float8 AS live_at
  FROM apps JOIN releases ON releases.id = apps.current_release_id JOIN builds ON builds.id = releases.build_id
 WHERE apps.state = 'active'`

/** Apps with a schedule, or with one that has just gone and is to be forgotten. */
export const scheduledApps = (sql: Sql): Promise<Scheduled[]> =>
  sql.query<Scheduled>(
    `${SCHEDULED} AND (builds.plan #> '{release,cron}' IS NOT NULL
        OR EXISTS (SELECT FROM cron_entries WHERE cron_entries.app_id = apps.id))`,
  )

export async function scheduledApp(sql: Sql, app: AppId): Promise<Scheduled | null> {
  const [row] = await sql.query<Scheduled>(`${SCHEDULED} AND apps.id = $1`, [app])
  return row ?? null
}

export const seenEntries = (
  sql: Sql,
  apps: readonly AppId[],
): Promise<(Seen & { readonly app_id: AppId })[]> =>
  sql.query(
    `SELECT app_id, entry, schedule, (extract(epoch FROM seen_until) * 1000)::float8 AS until
       FROM cron_entries WHERE app_id::text = ANY($1)`,
    [apps],
  )

export async function rememberEntries(
  tx: Tx,
  app: AppId,
  seen: readonly Seen[],
  gone: readonly string[],
): Promise<void> {
  await tx.query('DELETE FROM cron_entries WHERE app_id = $1 AND entry = ANY($2)', [app, gone])
  for (const { entry, schedule, until } of seen)
    await tx.query(
      `INSERT INTO cron_entries (app_id, entry, schedule, seen_until) VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000))
       ON CONFLICT (app_id, entry) DO UPDATE SET schedule = excluded.schedule, seen_until = excluded.seen_until`,
      [app, entry, schedule, until],
    )
}

export interface NewCronRun {
  readonly app: AppId
  readonly entry: string
  /** ms since the epoch. */
  readonly due: number
  readonly outcome: 'started' | 'skipped' | 'missed'
  readonly reason: string | null
}

/** False: that due time has its row already, so nothing is to be done for it. */
export async function insertCronRun(tx: Tx, run: NewCronRun): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO cron_runs (app_id, entry, due_at, outcome, reason)
     VALUES ($1, $2, to_timestamp($3::float8 / 1000), $4, $5) ON CONFLICT DO NOTHING RETURNING entry`,
    [run.app, run.entry, run.due, run.outcome, run.reason],
  )
  return rows.length === 1
}

/** Which instance carries a started run out. */
export async function nameCronRun(
  tx: Tx,
  app: AppId,
  entry: string,
  due: number,
  instance: InstanceId,
): Promise<void> {
  await tx.query(
    `UPDATE cron_runs SET instance_id = $4
      WHERE app_id = $1 AND entry = $2 AND due_at = to_timestamp($3::float8 / 1000)`,
    [app, entry, due, instance],
  )
}

/** The run of an entry that goes on, e.g. `cron.4`. */
export async function openCronRun(sql: Sql, app: AppId, entry: string): Promise<string | null> {
  const [row] = await sql.query<{ name: string }>(
    `SELECT type || '.' || number AS name FROM instances WHERE app_id = $1 AND run->>'cron' = $2 AND phase <> 'ended'
        AND status IS DISTINCT FROM 'exited' ORDER BY created_at LIMIT 1`,
    [app, entry],
  )
  return row?.name ?? null
}

const RUN = `SELECT cron_runs.entry, cron_runs.due_at,
    CASE WHEN cron_runs.outcome <> 'started' THEN cron_runs.outcome
         WHEN instances.id IS NULL THEN 'failed'
         WHEN instances.exit IS NULL AND instances.phase <> 'ended' THEN 'running'
         WHEN (instances.exit->>'code')::int = 0 THEN 'succeeded' ELSE 'failed' END AS outcome,
    coalesce(cron_runs.reason, instances.exit->>'message') AS reason,
    instances.type || '.' || instances.number AS process,
    CASE WHEN instances.exit IS NOT NULL THEN coalesce(instances.status_since, instances.ended_at) END AS ended_at
  FROM cron_runs LEFT JOIN instances ON instances.id = cron_runs.instance_id`

export const cronRuns = (sql: Sql, app: AppId, entry: string | null, limit: number): Promise<CronRun[]> =>
  sql.query<CronRun>(
    `${RUN} WHERE cron_runs.app_id = $1 AND ($2::text IS NULL OR cron_runs.entry = $2)
      ORDER BY cron_runs.due_at DESC, cron_runs.entry LIMIT $3`,
    [app, entry, limit],
  )

/** The latest of each entry. */
export const lastCronRuns = (sql: Sql, app: AppId): Promise<CronRun[]> =>
  sql.query<CronRun>(
    `SELECT DISTINCT ON (run.entry) run.* FROM (${RUN} WHERE cron_runs.app_id = $1) run ORDER BY run.entry, run.due_at DESC`,
    [app],
  )

/** What was due so long ago is of no more use, nor are the instances that ran it. */
export async function forgetCronRuns(sql: Sql, days: number): Promise<void> {
  await sql.query('DELETE FROM cron_runs WHERE due_at < now() - make_interval(days => $1)', [days])
  await sql.query(
    `DELETE FROM instances WHERE run ? 'cron' AND phase = 'ended' AND ended_at < now() - make_interval(days => $1)
        AND NOT EXISTS (SELECT FROM cron_runs WHERE cron_runs.instance_id = instances.id)`,
    [days],
  )
}

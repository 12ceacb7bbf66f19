import type { AppId, DeploymentId, InstanceId, ReleaseId } from '../contract/ids.ts'
import type { Exit } from '../contract/nodes.ts'
import type { Sql, Tx } from './db.ts'

export type Phase = 'intended' | 'started' | 'draining' | 'stopping' | 'ended'

export interface InstanceRow {
  readonly id: InstanceId
  readonly app_id: AppId
  readonly release_id: ReleaseId
  /** The release's version. */
  readonly release: number
  readonly deployment_id: DeploymentId | null
  readonly type: string
  readonly number: number
  readonly kind: 'service' | 'release' | 'run'
  readonly generation: number
  readonly replace: boolean
  readonly held: boolean
  readonly phase: Phase
  readonly confirmed: boolean
  readonly status: 'starting' | 'ready' | 'draining' | 'exited' | null
  readonly exit: Exit | null
  /** Why a ready one is out of routing. */
  readonly unready: string | null
  readonly command: string | null
  readonly run: OneOff | null
  readonly restarts: number
  /** ms since the epoch by the database's clock, as are the following. */
  readonly phase_since: number
  readonly status_since: number | null
  readonly ready_at: number | null
  readonly created_at: number
  readonly ended_at: number | null
}

/** What a one-off has beyond its command. */
export interface OneOff {
  readonly pty: { readonly rows: number; readonly columns: number } | null
  readonly attach: boolean
  /** The extra environment as one sealed JSON document, in base64. */
  readonly env: string
  /** A size of its own; absent: that of its process type. */
  readonly size?: string
  /** The entry of the schedule that it runs. */
  readonly cron?: string
}

const ms = (column: string) => `(extract(epoch FROM instances.${column}) * 1000)::float8 AS ${column}`
const ROW = `SELECT instances.id, instances.app_id, instances.release_id, releases.version AS release, instances.deployment_id, instances.type,
    instances.number, instances.kind, instances.generation, instances.replace, instances.held, instances.phase, instances.confirmed, instances.status,
    instances.exit, instances.unready, instances.command, instances.run, instances.restarts,
    ${['phase_since', 'status_since', 'ready_at', 'created_at', 'ended_at'].map(ms).join(', ')}
  FROM instances JOIN releases ON releases.id = instances.release_id`

export const openInstances = (sql: Sql, app: AppId): Promise<InstanceRow[]> =>
  sql.query<InstanceRow>(
    `${ROW} WHERE instances.app_id = $1 AND instances.phase <> 'ended' ORDER BY instances.type, instances.number`,
    [app],
  )

export async function getInstance(sql: Sql, id: string): Promise<InstanceRow | null> {
  const [row] = await sql.query<InstanceRow>(`${ROW} WHERE instances.id::text = $1`, [id])
  return row ?? null
}

/** One that has not ended, by its name (`web.1`; the newest of them while one replaces the other) or its id. */
export async function findOpenInstance(sql: Sql, app: AppId, instance: string): Promise<InstanceRow | null> {
  const [row] = await sql.query<InstanceRow>(
    `${ROW} WHERE instances.app_id = $1 AND instances.phase <> 'ended'
        AND (instances.id::text = $2 OR instances.type || '.' || instances.number = $2)
      ORDER BY instances.created_at DESC LIMIT 1`,
    [app, instance],
  )
  return row ?? null
}

/** The release-phase instance of a deployment, if it was made already. */
export async function releaseInstance(sql: Sql, deployment: DeploymentId): Promise<InstanceRow | null> {
  const [row] = await sql.query<InstanceRow>(
    `${ROW} WHERE instances.deployment_id = $1 AND instances.kind = 'release'`,
    [deployment],
  )
  return row ?? null
}

/** What people see: what is there, and crashed ones in whose place nothing has come yet. */
export const shownInstances = (sql: Sql, app: AppId): Promise<InstanceRow[]> =>
  sql.query<InstanceRow>(
    `${ROW} WHERE instances.app_id = $1 AND (instances.phase <> 'ended' OR instances.id IN (
        SELECT DISTINCT ON (last.type, last.number) last.id FROM instances last
          JOIN formations ON formations.app_id = last.app_id AND formations.type = last.type AND formations.crashes > 0
          JOIN apps ON apps.id = last.app_id AND apps.current_release_id = last.release_id
         WHERE last.app_id = $1 AND last.kind = 'service' AND last.phase = 'ended' AND last.exit->>'reason' <> 'stopped'
           AND last.number <= formations.quantity
           AND NOT EXISTS (SELECT FROM instances live WHERE live.app_id = last.app_id AND live.type = last.type
                              AND live.number = last.number AND live.phase <> 'ended')
         ORDER BY last.type, last.number, last.created_at DESC))
     ORDER BY instances.kind, instances.type, instances.number`,
    [app],
  )

export interface NewInstance {
  readonly id: InstanceId
  readonly app: AppId
  readonly release: ReleaseId
  readonly deployment: DeploymentId | null
  readonly type: string
  readonly kind: InstanceRow['kind']
  readonly generation: number
  readonly command: string | null
  readonly run: OneOff | null
  /** Is to stay out of routing until it is told. */
  readonly held?: boolean
}

/**
 * Services take the lowest number that none of their like has, so that web.1 is followed by web.1, and both are there
 * while one replaces the other; one-offs one that was not used before, as their logs are told apart by it. The caller
 * is the app's only maker of instances of that kind, or holds the app's row.
 */
export async function insertInstance(tx: Tx, one: NewInstance): Promise<number> {
  const number =
    one.kind === 'service'
      ? `SELECT min(free) FROM generate_series(1, 1000) free WHERE NOT EXISTS (
           SELECT FROM instances WHERE app_id = $2 AND type = $5 AND number = free AND release_id = $3 AND generation = $7
              AND phase IN ('intended', 'started') AND status IS DISTINCT FROM 'exited' AND NOT replace)`
      : 'SELECT coalesce(max(number), 0) + 1 FROM instances WHERE app_id = $2 AND type = $5'
  const [row] = await tx.query<{ number: number }>(
    `WITH place AS (SELECT (${number}) AS number)
     INSERT INTO instances (id, app_id, release_id, deployment_id, type, number, kind, generation, command, run, held, restarts)
     SELECT $1, $2, $3, $4, $5, place.number, $6, $7, $8, $9, $10, coalesce((
         SELECT restarts + 1 FROM instances last WHERE last.app_id = $2 AND last.type = $5 AND last.number = place.number
            AND last.release_id = $3 AND last.kind = 'service' AND $6 = 'service' AND last.exit->>'reason' <> 'stopped'
          ORDER BY created_at DESC LIMIT 1), 0)
       FROM place RETURNING number`,
    [
      one.id,
      one.app,
      one.release,
      one.deployment,
      one.type,
      one.kind,
      one.generation,
      one.command,
      one.run === null ? null : JSON.stringify(one.run),
      one.held === true,
    ],
  )
  if (row === undefined) throw new Error('the instance was not inserted')
  return row.number
}

/** A new order; unconfirmed until the node has answered. An order that was given already keeps its time. */
export async function orderInstance(
  tx: Tx,
  id: InstanceId,
  phase: Exclude<Phase, 'intended' | 'ended'>,
): Promise<void> {
  await tx.query(
    `UPDATE instances SET phase = $2, confirmed = false, phase_since = CASE phase WHEN $2 THEN phase_since ELSE now() END
      WHERE id = $1 AND phase <> 'ended'`,
    [id, phase],
  )
}

/** The node has taken the order of this phase; a start moves on to `started`. */
export async function confirmInstance(sql: Sql, id: InstanceId, phase: Phase): Promise<void> {
  await sql.query(
    `UPDATE instances SET confirmed = true, phase = CASE phase WHEN 'intended' THEN 'started' ELSE phase END,
        phase_since = CASE phase WHEN 'intended' THEN now() ELSE phase_since END WHERE id = $1 AND phase = $2`,
    [id, phase],
  )
}

/** It is in routing, as its node has confirmed; what the node said of it before is of no more use. */
export async function confirmRouted(sql: Sql, id: InstanceId): Promise<void> {
  await sql.query(
    `UPDATE instances SET held = false, status = CASE status WHEN 'draining' THEN 'ready' ELSE status END,
        status_since = CASE status WHEN 'draining' THEN now() ELSE status_since END
      WHERE id = $1 AND phase = 'started' AND status IN ('ready', 'draining')`,
    [id],
  )
}

/**
 * Instances that are kept from the release before serve again, as instances of `release`, if that is the same code with
 * the same config. They stand by until they are routed.
 */
export async function takeKept(
  tx: Tx,
  app: AppId,
  release: ReleaseId,
  deployment: DeploymentId,
): Promise<number> {
  const rows = await tx.query(
    `UPDATE instances SET release_id = mine.id, deployment_id = $3, phase = 'started', confirmed = true, phase_since = now(),
        held = true, replace = false
       FROM apps, releases kept, releases mine, formations
      WHERE apps.id = $1 AND apps.kept_until > now() AND kept.app_id = apps.id AND kept.version = apps.kept_version
        AND mine.id = $2 AND mine.build_id = kept.build_id AND mine.config = kept.config AND mine.process_types = kept.process_types
        AND formations.app_id = apps.id AND formations.type = instances.type AND formations.generation = instances.generation
        AND instances.app_id = apps.id AND instances.release_id = kept.id AND instances.kind = 'service'
        AND instances.phase = 'draining' AND instances.confirmed AND instances.status IN ('ready', 'draining')
      RETURNING instances.id`,
    [app, release, deployment],
  )
  return rows.length
}

/** What our own row tells of an instance that never came to be, or that its node no longer knows. */
export async function markExited(sql: Sql, id: InstanceId, exit: Exit): Promise<void> {
  await sql.query(
    `UPDATE instances SET status = 'exited', status_since = now(), exit = $2 WHERE id = $1 AND phase <> 'ended' AND status IS DISTINCT FROM 'exited'`,
    [id, JSON.stringify(exit)],
  )
}

export async function endInstance(tx: Tx, id: InstanceId): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE instances SET phase = 'ended', ended_at = now() WHERE id = $1 AND phase <> 'ended' RETURNING id`,
    [id],
  )
  return rows.length === 1
}

export async function markReplace(
  tx: Tx,
  app: AppId,
  instance: string,
): Promise<{ readonly id: InstanceId; readonly type: string } | null> {
  const [row] = await tx.query<{ id: InstanceId; type: string }>(
    `UPDATE instances SET replace = true WHERE app_id = $1 AND kind = 'service' AND phase IN ('intended', 'started')
        AND (id::text = $2 OR type || '.' || number = $2) RETURNING id, type`,
    [app, instance],
  )
  return row ?? null
}

/** A restart that failed: the instances that it was to replace are as good as new ones. */
export async function keepAsTheyAre(tx: Tx, app: AppId): Promise<void> {
  await tx.query(
    `UPDATE instances SET replace = false, generation = formations.generation FROM formations
      WHERE instances.app_id = $1 AND formations.app_id = $1 AND formations.type = instances.type AND instances.kind = 'service'
        AND instances.phase IN ('intended', 'started') AND instances.status IS DISTINCT FROM 'exited'`,
    [app],
  )
}

export async function databaseNow(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ now: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
  )
  if (row === undefined) throw new Error('the database told no time')
  return row.now
}

/** What runs or is about to, with the size that it has: its own, or that of its process type. */
export const runningSizes = (
  sql: Sql,
): Promise<
  { readonly id: InstanceId; readonly app_id: AppId; readonly name: string; readonly size: string }[]
> =>
  sql.query(
    `SELECT instances.id, instances.app_id, instances.type || '.' || instances.number AS name,
        coalesce(instances.run->>'size', formations.size, '') AS size
       FROM instances LEFT JOIN formations USING (app_id, type)
      WHERE phase <> 'ended' AND status IS DISTINCT FROM 'exited'`,
  )

/** Apps on which something is to be done or waited for. */
export async function appsWithInstances(sql: Sql): Promise<AppId[]> {
  const rows = await sql.query<{ id: AppId }>(
    `SELECT id FROM apps WHERE current_release_id IS NOT NULL OR state = 'destroying'
        OR EXISTS (SELECT FROM instances WHERE instances.app_id = apps.id AND phase <> 'ended')
        OR EXISTS (SELECT FROM deployments WHERE deployments.app_id = apps.id AND state = 'running')`,
  )
  return rows.map(({ id }) => id)
}

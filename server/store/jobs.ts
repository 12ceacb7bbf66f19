import type { AppId, DeploymentId } from '../contract/ids.ts'
import type { Sql, Tx } from './db.ts'

export interface JobRow {
  readonly id: string
  readonly app_id: AppId | null
  readonly deployment_id: DeploymentId | null
  readonly kind: 'deploy' | 'collect'
  readonly attempt: number
  readonly cancel_requested: boolean
}

/** Seconds that a lease holds without a heartbeat. */
export const LEASE = 15

export async function insertJob(
  tx: Tx,
  job: {
    readonly id: string
    readonly kind: JobRow['kind']
    readonly app: AppId | null
    readonly deployment: DeploymentId | null
  },
): Promise<void> {
  await tx.query('INSERT INTO jobs (id, kind, app_id, deployment_id) VALUES ($1, $2, $3, $4)', [
    job.id,
    job.kind,
    job.app,
    job.deployment,
  ])
}

/**
 * Takes the oldest job that nobody runs: queued, or of a server that is no more. A server with a higher epoch takes
 * over at once; a lease of its own epoch that ran out belonged to a loop that is stuck. At most one job per app runs,
 * which the index decides where two ask at once.
 */
export async function claimJob(sql: Sql, epoch: number): Promise<JobRow | null> {
  const [row] = await sql.query<JobRow>(
    `UPDATE jobs SET state = 'running', epoch = $1, attempt = attempt + 1, lease_until = now() + make_interval(secs => $2)
      WHERE id = (
        SELECT id FROM jobs candidate
         WHERE (state = 'queued' AND (app_id IS NULL OR NOT EXISTS (
                  SELECT FROM jobs other WHERE other.app_id = candidate.app_id AND other.id <> candidate.id
                     AND (other.state = 'running' OR other.state = 'queued' AND (other.created_at, other.id) < (candidate.created_at, candidate.id)))))
            OR (state = 'running' AND (epoch < $1 OR epoch = $1 AND lease_until < now()))
         ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING id, app_id, deployment_id, kind, attempt, cancel_requested`,
    [epoch, LEASE],
  )
  return row ?? null
}

/** Jobs of this server whose lease goes on; one that is missing was taken away. */
export async function renewLeases(
  sql: Sql,
  epoch: number,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly cancel_requested: boolean }[]> {
  return await sql.query(
    `UPDATE jobs SET lease_until = now() + make_interval(secs => $3) WHERE id::text = ANY($2) AND epoch = $1 AND state = 'running'
     RETURNING id, cancel_requested`,
    [epoch, ids, LEASE],
  )
}

/** The job if it is still this server's, held until the transaction ends: every write of a job stands behind it. */
export async function holdJob(
  tx: Tx,
  id: string,
  epoch: number,
): Promise<{ readonly cancel_requested: boolean } | null> {
  const [row] = await tx.query<{ cancel_requested: boolean }>(
    `SELECT cancel_requested FROM jobs WHERE id = $1 AND epoch = $2 AND state = 'running' FOR UPDATE`,
    [id, epoch],
  )
  return row ?? null
}

export async function finishJob(tx: Tx, id: string): Promise<void> {
  await tx.query(`UPDATE jobs SET state = 'done', finished_at = now(), lease_until = NULL WHERE id = $1`, [
    id,
  ])
}

/** Asks the running jobs of an app to stop. */
export async function requestCancel(tx: Tx, app: AppId, deployment: DeploymentId | null): Promise<void> {
  await tx.query(
    `UPDATE jobs SET cancel_requested = true WHERE app_id = $1 AND state <> 'done' AND ($2::uuid IS NULL OR deployment_id = $2)`,
    [app, deployment],
  )
}

/** Jobs that ended days ago are of no more use; their deployments stay. */
export async function forgetOldJobs(sql: Sql, days: number): Promise<void> {
  await sql.query(
    `DELETE FROM jobs WHERE state = 'done' AND finished_at < now() - make_interval(days => $1)`,
    [days],
  )
}

/** Ends a deployment's job that nobody has begun; false when somebody has. */
export async function finishQueuedJob(tx: Tx, deployment: DeploymentId): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE jobs SET state = 'done', finished_at = now() WHERE deployment_id = $1 AND state = 'queued' RETURNING id`,
    [deployment],
  )
  return rows.length > 0
}

/** Whether a collection is asked for or under way. */
export async function hasOpenCollection(sql: Sql): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 AS open FROM jobs WHERE kind = 'collect' AND state IN ('queued', 'running') LIMIT 1`,
  )
  return rows.length > 0
}

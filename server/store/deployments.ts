import type { AccountId, AppId, BuildId, DeploymentId, InstanceId, ReleaseId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import type { Sql, Tx } from './db.ts'

export interface NewDeployment {
  readonly id: DeploymentId
  readonly app: AppId
  readonly kind: Deployment['kind']
  /** `queued` for work that a job does; `running` for a wish that the instances follow. */
  readonly state: 'queued' | 'running'
  readonly build?: BuildId
  readonly release?: ReleaseId
  readonly account: AccountId | null
  readonly author: string
  readonly pushToken?: Buffer
  readonly detail?: object
}

export interface DeploymentRow {
  readonly id: DeploymentId
  readonly app_id: AppId
  readonly kind: Deployment['kind']
  readonly state: Deployment['state']
  readonly step: string | null
  readonly build_id: BuildId | null
  readonly release_id: ReleaseId | null
  readonly account_id: AccountId | null
  readonly author: string
  readonly push_token: Buffer | null
  readonly detail: Record<string, unknown> & { readonly verdict?: StoredVerdict }
  readonly code: string | null
  readonly reason: string | null
  /** Its release is the app's candidate. */
  readonly rolling: boolean
  readonly paused: boolean
  /** Its canaries are ready, and not promoted yet. */
  readonly canary: boolean
}

const ROW = `SELECT id, app_id, kind, state, step, build_id, release_id, account_id, author, push_token, detail, code, reason,
    rollout_deadline IS NOT NULL AS rolling, paused_at IS NOT NULL AS paused,
    canary_since IS NOT NULL AND promoted_at IS NULL AS canary
  FROM deployments`

export async function insertDeployment(tx: Tx, one: NewDeployment): Promise<void> {
  await tx.query(
    `INSERT INTO deployments (id, app_id, kind, state, build_id, release_id, account_id, author, push_token, detail, started_at)
     VALUES ($1, $2, $3, $4::text, $5, $6, $7, $8, $9, $10, CASE $4::text WHEN 'running' THEN now() END)`,
    [
      one.id,
      one.app,
      one.kind,
      one.state,
      one.build ?? null,
      one.release ?? null,
      one.account,
      one.author,
      one.pushToken ?? null,
      JSON.stringify(one.detail ?? {}),
    ],
  )
}

export async function getDeployment(sql: Sql, id: DeploymentId): Promise<DeploymentRow | null> {
  const [row] = await sql.query<DeploymentRow>(`${ROW} WHERE id = $1`, [id])
  return row ?? null
}

/** The work that goes on or, if none does, comes next; no scaling or restart. */
export async function findOpenDeployment(sql: Sql, app: AppId): Promise<DeploymentRow | null> {
  const [row] = await sql.query<DeploymentRow>(
    `${ROW} WHERE app_id = $1 AND state IN ('queued', 'running') AND kind NOT IN ('scale', 'restart')
      ORDER BY state = 'running' DESC, created_at, id LIMIT 1`,
    [app],
  )
  return row ?? null
}

/** What the journal holds of a release: of its own deployments, and of its instances. */
export const releaseJournal = (
  sql: Sql,
  release: ReleaseId,
): Promise<{ readonly at: string; readonly step: string; readonly detail: Record<string, unknown> }[]> =>
  sql.query(
    `SELECT at, step, detail FROM deployments_history
      WHERE app_id = (SELECT app_id FROM releases WHERE id = $1)
        AND (deployment_id IN (SELECT id FROM deployments WHERE release_id = $1)
             OR instance_id IN (SELECT id FROM instances WHERE release_id = $1))
      ORDER BY id`,
    [release],
  )

export async function deploymentOfToken(sql: Sql, token: Buffer): Promise<DeploymentRow | null> {
  const [row] = await sql.query<DeploymentRow>(`${ROW} WHERE push_token = $1`, [token])
  return row ?? null
}

/** Scalings and restarts that are not yet what the instances are. */
export const openWishes = (sql: Sql, app: AppId): Promise<DeploymentRow[]> =>
  sql.query<DeploymentRow>(
    `${ROW} WHERE app_id = $1 AND state = 'running' AND kind IN ('scale', 'restart') ORDER BY created_at`,
    [app],
  )

const SHOWN = `SELECT deployments.id, deployments.kind, deployments.state, deployments.step, releases.version AS release,
    deployments.reason, deployments.created_at, deployments.finished_at,
    CASE WHEN deployments.rollout_deadline IS NULL THEN NULL WHEN deployments.paused_at IS NOT NULL THEN 'resume'
         WHEN deployments.canary_since IS NOT NULL AND deployments.promoted_at IS NULL THEN 'promotion' END AS waits_for
  FROM deployments LEFT JOIN releases ON releases.id = deployments.release_id`

export const listDeployments = (sql: Sql, app: AppId, limit: number): Promise<Deployment[]> =>
  sql.query<Deployment>(
    `${SHOWN} WHERE deployments.app_id = $1 ORDER BY deployments.created_at DESC, deployments.id DESC LIMIT $2`,
    [app, limit],
  )

export async function showDeployment(sql: Sql, app: AppId, id: string): Promise<Deployment | null> {
  const [row] = await sql.query<Deployment>(
    `${SHOWN} WHERE deployments.app_id = $1 AND deployments.id::text = $2`,
    [app, id],
  )
  return row ?? null
}

/** The app's work that waits in front of a new one, oldest first. */
export const openWork = (
  sql: Sql,
  app: AppId,
): Promise<{ readonly id: DeploymentId; readonly kind: Deployment['kind']; readonly state: string }[]> =>
  sql.query(
    `SELECT id, kind, state FROM deployments WHERE app_id = $1 AND state IN ('queued', 'running') AND kind NOT IN ('scale', 'restart')
      ORDER BY created_at, id`,
    [app],
  )

export async function enterStep(tx: Tx, id: DeploymentId, step: string): Promise<void> {
  await tx.query(
    `UPDATE deployments SET step = $2, state = 'running', started_at = coalesce(started_at, now()) WHERE id = $1 AND state IN ('queued', 'running')`,
    [id, step],
  )
}

export async function setRelease(tx: Tx, id: DeploymentId, release: ReleaseId): Promise<void> {
  await tx.query('UPDATE deployments SET release_id = $2 WHERE id = $1', [id, release])
}

/** From here to the verdict the deployment's release is the app's candidate. */
export async function openRollout(tx: Tx, id: DeploymentId, seconds: number): Promise<void> {
  await tx.query(
    `UPDATE deployments SET rollout_deadline = coalesce(rollout_deadline, now() + make_interval(secs => $2))
      WHERE id = $1 AND state = 'running' AND NOT detail ? 'verdict'`,
    [id, seconds],
  )
}

/** How a rollout went: null code, it is live. `tail`: the last lines of the instance that failed it. */
export interface StoredVerdict {
  readonly code: 'boot_crash' | 'boot_timeout' | 'deploy_aborted' | null
  readonly reason: string
  readonly tail: readonly string[]
}

/** The verdict on a rollout, for the one who waits for it; given once. */
export async function storeVerdict(tx: Tx, id: DeploymentId, verdict: StoredVerdict): Promise<void> {
  await tx.query(
    `UPDATE deployments SET rollout_deadline = NULL, detail = detail || jsonb_build_object('verdict', $2::jsonb) WHERE id = $1`,
    [id, JSON.stringify(verdict)],
  )
}

export async function finishDeployment(
  tx: Tx,
  id: DeploymentId,
  state: 'succeeded' | 'failed' | 'canceled',
  code: string | null,
  reason: string | null,
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE deployments SET state = $2, code = $3, reason = $4, rollout_deadline = NULL, finished_at = now(),
        started_at = coalesce(started_at, now()) WHERE id = $1 AND state IN ('queued', 'running') RETURNING id`,
    [id, state, code, reason],
  )
  return rows.length === 1
}

/** Whether the pusher can be told: after the end, or once the release is live and only the ref is missing. */
export async function pushDecision(sql: Sql, id: DeploymentId): Promise<'open' | 'accepted' | 'rejected'> {
  const [row] = await sql.query<{ state: Deployment['state']; step: string | null }>(
    'SELECT state, step FROM deployments WHERE id = $1',
    [id],
  )
  if (row === undefined) return 'rejected'
  if (row.state === 'succeeded' || row.step === 'ref' || row.step === 'finish') return 'accepted'
  return row.state === 'queued' || row.state === 'running' ? 'open' : 'rejected'
}

export async function writeJournal(
  tx: Tx,
  entry: {
    readonly app: AppId
    readonly deployment?: DeploymentId | null
    readonly instance?: InstanceId
    readonly step: string
    readonly detail?: object
  },
): Promise<void> {
  await tx.query(
    'INSERT INTO deployments_history (app_id, deployment_id, instance_id, step, detail) VALUES ($1, $2, $3, $4, $5)',
    [
      entry.app,
      entry.deployment ?? null,
      entry.instance ?? null,
      entry.step,
      JSON.stringify(entry.detail ?? {}),
    ],
  )
}

export async function deploymentOfBuild(sql: Sql, build: BuildId): Promise<DeploymentRow | null> {
  const [row] = await sql.query<DeploymentRow>(`${ROW} WHERE build_id = $1`, [build])
  return row ?? null
}

/** Ends the work of an app that no job has begun; what runs is asked to stop by its job. */
export async function cancelQueued(tx: Tx, app: AppId, reason: string): Promise<void> {
  await tx.query(
    `WITH gone AS (UPDATE jobs SET state = 'done', finished_at = now() WHERE app_id = $1 AND state = 'queued' RETURNING deployment_id),
          ended AS (UPDATE deployments SET state = 'canceled', reason = $2, finished_at = now()
                     WHERE id IN (SELECT deployment_id FROM gone) OR app_id = $1 AND state = 'running' AND kind IN ('scale', 'restart')
                     RETURNING build_id)
     UPDATE builds SET state = 'canceled', reason = $2, finished_at = now() WHERE id IN (SELECT build_id FROM ended) AND state = 'pending'`,
    [app, reason],
  )
}

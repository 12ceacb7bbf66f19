import type { AccountId, AppId, BuildId } from '../contract/ids.ts'
import type { Artifact } from '../contract/nodes.ts'
import type { Build, BuildSource } from '../contract/releases.ts'
import type { Sql, Tx } from './db.ts'

export interface NewBuild {
  readonly id: BuildId
  readonly app: AppId
  /** null: it is known once the source was fetched. */
  readonly commit: string | null
  readonly ref: string
  readonly old: string
  readonly account: AccountId
  readonly author: string
  readonly source: BuildSource
  /** Sealed credentials for fetching the source. */
  readonly secret?: Buffer
}

/** What the work on a build needs to know of it. */
export interface BuildRow {
  readonly id: BuildId
  readonly app_id: AppId
  readonly state: Build['state']
  readonly commit_sha: string | null
  readonly ref: string
  readonly old_sha: string
  readonly subject: string
  readonly author: string
  readonly stack: string
  readonly plan: unknown
  readonly artifact: Artifact | null
  readonly node_seq: number
  readonly summary: string[]
  readonly source: BuildSource
  readonly source_secret: Buffer | null
}

export async function insertBuild(tx: Tx, build: NewBuild): Promise<void> {
  await tx.query(
    `INSERT INTO builds (id, app_id, commit_sha, ref, old_sha, account_id, author, source, source_secret, stack)
     SELECT $1, apps.id, $3, $4, $5, $6, $7, $8, $9, apps.stack FROM apps WHERE apps.id = $2`,
    [
      build.id,
      build.app,
      build.commit,
      build.ref,
      build.old,
      build.account,
      build.author,
      JSON.stringify(build.source),
      build.secret ?? null,
    ],
  )
}

export async function getBuild(sql: Sql, id: BuildId): Promise<BuildRow | null> {
  const [row] = await sql.query<BuildRow>(
    `SELECT id, app_id, state, commit_sha, ref, old_sha, subject, author, stack, plan, artifact, node_seq, summary, source, source_secret
       FROM builds WHERE id = $1`,
    [id],
  )
  return row ?? null
}

const SHOWN = `SELECT builds.id, builds.state, builds.commit_sha AS commit, builds.source, builds.subject, builds.author, builds.reason, builds.stack,
    builds.summary, builds.created_at, builds.finished_at,
    (SELECT min(releases.version) FROM releases WHERE releases.build_id = builds.id) AS release
  FROM builds`

export const listBuilds = (sql: Sql, app: AppId, limit: number): Promise<Build[]> =>
  sql.query<Build>(
    `${SHOWN} WHERE builds.app_id = $1 ORDER BY builds.created_at DESC, builds.id DESC LIMIT $2`,
    [app, limit],
  )

/** null also for an id that is none. */
export async function showBuild(sql: Sql, app: AppId, id: string): Promise<Build | null> {
  const [row] = await sql.query<Build>(`${SHOWN} WHERE builds.app_id = $1 AND builds.id::text = $2`, [
    app,
    id,
  ])
  return row ?? null
}

export async function startBuild(tx: Tx, id: BuildId): Promise<void> {
  await tx.query(`UPDATE builds SET state = 'running' WHERE id = $1 AND state = 'pending'`, [id])
}

export async function describeBuild(sql: Sql, id: BuildId, subject: string): Promise<void> {
  await sql.query('UPDATE builds SET subject = $2 WHERE id = $1', [id, subject])
}

/** The source is here: its commit is known, and what opened it is needed no more. */
export async function arriveSource(sql: Sql, id: BuildId, commit: string): Promise<void> {
  await sql.query('UPDATE builds SET commit_sha = $2, source_secret = NULL WHERE id = $1', [id, commit])
}

/** Builds whose source has to stay: of whatever may be rolled back to or is at work, and what was tried lately. */
export async function neededSources(sql: Sql, keep: number, days: number): Promise<BuildId[]> {
  const rows = await sql.query<{ id: BuildId }>(
    `SELECT id FROM builds WHERE source->>'kind' <> 'push'
       AND (created_at > now() - make_interval(days => $2) OR id IN (${NEEDED}))`,
    [keep, days],
  )
  return rows.map(({ id }) => id)
}

export async function storePlan(
  sql: Sql,
  id: BuildId,
  plan: object,
  summary: readonly string[],
): Promise<void> {
  await sql.query('UPDATE builds SET plan = $2, summary = $3 WHERE id = $1', [
    id,
    JSON.stringify(plan),
    JSON.stringify(summary),
  ])
}

export async function succeedBuild(tx: Tx, id: BuildId, artifact: Artifact): Promise<void> {
  await tx.query(
    `UPDATE builds SET state = 'succeeded', artifact = $2, finished_at = now() WHERE id = $1 AND state IN ('pending', 'running')`,
    [id, JSON.stringify(artifact)],
  )
}

/** Ends a build that did not succeed; one that has ended stays as it is. */
export async function endBuild(
  tx: Tx,
  id: BuildId,
  state: 'failed' | 'canceled',
  reason: string,
): Promise<void> {
  await tx.query(
    `UPDATE builds SET state = $2, reason = $3, finished_at = now(), source_secret = NULL WHERE id = $1 AND state IN ('pending', 'running')`,
    [id, state, reason],
  )
}

export interface LogLineRow {
  readonly seq: number
  readonly text: string
  /** null for lines that were printed before times were kept. */
  readonly time: string | null
}

/**
 * Adds lines after the last one; `nodeSeq` is the node's event up to which they go, null where they are our own. One
 * statement, so that a line and the mark that it was taken are there together or not at all.
 */
export async function appendLines(
  sql: Sql,
  build: BuildId,
  lines: readonly string[],
  nodeSeq: number | null,
): Promise<void> {
  await sql.query(
    `WITH taken AS (UPDATE builds SET node_seq = greatest(node_seq, coalesce($3, 0)) WHERE id = $1 RETURNING id)
     INSERT INTO build_lines (build_id, seq, text)
     SELECT taken.id, last.seq + line.place, line.text
       FROM taken, (SELECT coalesce(max(seq), 0) AS seq FROM build_lines WHERE build_id = $1) last,
            unnest($2::text[]) WITH ORDINALITY AS line (text, place)`,
    [build, lines, nodeSeq],
  )
}

export const linesAfter = (sql: Sql, build: BuildId, after: number, limit: number): Promise<LogLineRow[]> =>
  sql.query<LogLineRow>(
    'SELECT seq, text, at AS time FROM build_lines WHERE build_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
    [build, after, limit],
  )

/** The last `limit` lines (null: of all, else of those in front of `before`), in order. */
export const linesBefore = (
  sql: Sql,
  build: BuildId,
  before: number | null,
  limit: number,
): Promise<LogLineRow[]> =>
  sql.query<LogLineRow>(
    `SELECT seq, text, time FROM (SELECT seq, text, at AS time FROM build_lines WHERE build_id = $1 AND ($2::int IS NULL OR seq < $2)
        ORDER BY seq DESC LIMIT $3) part ORDER BY seq`,
    [build, before, limit],
  )

export async function lastSeq(sql: Sql, build: BuildId): Promise<number> {
  const [row] = await sql.query<{ seq: number }>(
    'SELECT coalesce(max(seq), 0) AS seq FROM build_lines WHERE build_id = $1',
    [build],
  )
  return row?.seq ?? 0
}

/** Builds whose artifact may be needed: of an app's `keep` newest good releases, and of work that is under way. */
const NEEDED = `SELECT ranked.build_id FROM (
      SELECT releases.build_id, apps.current_release_id = releases.id AS serves,
             row_number() OVER (PARTITION BY releases.app_id ORDER BY releases.version DESC) AS rank
        FROM releases JOIN apps ON apps.id = releases.app_id WHERE releases.state <> 'failed'
    ) ranked WHERE ranked.rank <= $1 OR ranked.serves
  UNION SELECT releases.build_id FROM deployments JOIN releases ON releases.id = deployments.release_id
     WHERE deployments.state IN ('queued', 'running')
  UNION SELECT deployments.build_id FROM deployments WHERE deployments.state IN ('queued', 'running') AND deployments.build_id IS NOT NULL
  UNION SELECT releases.build_id FROM instances JOIN releases ON releases.id = instances.release_id WHERE instances.phase <> 'ended'`

/**
 * Marks what is not needed as collected and returns what is to be kept. A rollback reads the mark under a lock of the
 * same row, so it comes before (and its release keeps the build) or is told that the build is gone.
 */
export async function markCollected(tx: Tx, keep: number): Promise<BuildId[]> {
  await tx.query(
    `UPDATE builds SET collected_at = now() WHERE artifact IS NOT NULL AND collected_at IS NULL AND id NOT IN (${NEEDED})`,
    [keep],
  )
  const rows = await tx.query<{ id: BuildId }>(
    `SELECT id FROM builds WHERE artifact IS NOT NULL AND collected_at IS NULL
      UNION SELECT build_id FROM deployments WHERE state IN ('queued', 'running') AND build_id IS NOT NULL`,
  )
  return rows.map(({ id }) => id)
}

/** Builds that hold something in the store: those that are kept, and those at work. */
export async function keptBuilds(sql: Sql): Promise<{ kept: BuildId[]; working: BuildId[] }> {
  const rows = await sql.query<{ id: BuildId; kept: boolean }>(
    `SELECT id, artifact IS NOT NULL AS kept FROM builds
      WHERE (artifact IS NOT NULL AND collected_at IS NULL) OR state IN ('pending', 'running')`,
  )
  return {
    kept: rows.filter(({ kept }) => kept).map(({ id }) => id),
    working: rows.filter(({ kept }) => !kept).map(({ id }) => id),
  }
}

export async function buildsOf(sql: Sql, app: AppId): Promise<BuildId[]> {
  const rows = await sql.query<{ id: BuildId }>('SELECT id FROM builds WHERE app_id = $1', [app])
  return rows.map(({ id }) => id)
}

/** How many builds a collection would let go. */
export async function countCollectable(sql: Sql, keep: number): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM builds WHERE artifact IS NOT NULL AND collected_at IS NULL AND id NOT IN (${NEEDED})`,
    [keep],
  )
  return row?.count ?? 0
}

import type { AppId, BuildId } from '../contract/ids.ts'
import type { Sql, Tx } from './db.ts'

/** What a build holds and what was known against it; the caller knows the shapes. */
export async function storeComponents(
  tx: Tx,
  build: BuildId,
  components: readonly object[],
  findings: readonly object[],
): Promise<void> {
  await tx.query(
    `INSERT INTO build_components (build_id, components, findings) VALUES ($1, $2, $3)
     ON CONFLICT (build_id) DO UPDATE SET components = excluded.components, findings = excluded.findings`,
    [build, JSON.stringify(components), JSON.stringify(findings)],
  )
}

export interface ReleaseComponents {
  readonly app: string
  readonly version: number
  readonly build: BuildId
  readonly commit: string | null
  readonly stack: string
  readonly time: string
  /** null: the build was made before they were kept. */
  readonly components: unknown
  readonly findings: unknown
}

export async function componentsOfRelease(
  sql: Sql,
  app: AppId,
  version: number,
): Promise<ReleaseComponents | null> {
  const [row] = await sql.query<ReleaseComponents>(
    `SELECT apps.name AS app, releases.version, builds.id AS build, builds.commit_sha AS commit, builds.stack,
            coalesce(builds.finished_at, releases.created_at) AS time, held.components, held.findings
       FROM releases JOIN apps ON apps.id = releases.app_id JOIN builds ON builds.id = releases.build_id
       LEFT JOIN build_components held ON held.build_id = builds.id
      WHERE releases.app_id = $1 AND releases.version = $2`,
    [app, version],
  )
  return row ?? null
}

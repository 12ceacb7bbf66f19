import type { AppId } from '../contract/ids.ts'
import type { Sql, Tx } from './db.ts'

export interface DomainRow {
  readonly hostname: string
  readonly created_at: string
}

export async function domainsOf(sql: Sql, app: AppId): Promise<DomainRow[]> {
  return await sql.query<DomainRow>(
    'SELECT hostname, created_at FROM domains WHERE app_id = $1 ORDER BY hostname',
    [app],
  )
}

/** null when some app has the host name. */
export async function insertDomain(tx: Tx, app: AppId, hostname: string): Promise<DomainRow | null> {
  const [row] = await tx.query<DomainRow>(
    'INSERT INTO domains (hostname, app_id) VALUES ($1, $2) ON CONFLICT (hostname) DO NOTHING RETURNING hostname, created_at',
    [hostname, app],
  )
  return row ?? null
}

export async function deleteDomain(tx: Tx, app: AppId, hostname: string): Promise<DomainRow | null> {
  const [row] = await tx.query<DomainRow>(
    'DELETE FROM domains WHERE app_id = $1 AND hostname = $2 RETURNING hostname, created_at',
    [app, hostname],
  )
  return row ?? null
}

/** One row an app, with all that the directory has to know of it. */
export interface HostedApp {
  readonly id: AppId
  readonly name: string
  readonly maintenance: boolean
  /** Whether an instance that serves requests is wanted. */
  readonly expects: boolean
  readonly hostnames: readonly string[]
}

export async function hostedApps(sql: Sql): Promise<HostedApp[]> {
  return await sql.query<HostedApp>(
    `SELECT apps.id, apps.name, apps.maintenance,
            apps.current_release_id IS NOT NULL AND coalesce(web.quantity, 0) > 0 AS expects,
            ARRAY(SELECT hostname FROM domains WHERE app_id = apps.id ORDER BY hostname) AS hostnames
       FROM apps LEFT JOIN formations web ON web.app_id = apps.id AND web.type = 'web'
      WHERE apps.state = 'active' ORDER BY apps.id`,
  )
}

import type { AccountId, AppId } from '../contract/ids.ts'
import type { TeamRole } from '../domain/permissions.ts'
import type { AppStanding } from './apps.ts'
import type { Sql } from './db.ts'

/** By name or by id: what a path names an app by. */
export type AppRef = { readonly name: string } | { readonly id: AppId }

/** Whose token or session it is, with what the rules need to know of that account. */
export interface Owner<Id extends string> {
  readonly id: Id
  readonly account_id: AccountId
  readonly email: string
  readonly platform_admin: boolean
  /** Its last use was noted more than a minute ago. */
  readonly stale_use: boolean
}

export interface Owned<Id extends string> {
  readonly owner: Owner<Id>
  readonly app: AppStanding | null
}

/**
 * Whose credential it is, and how its owner stands to the app that a request names: one query, made at each request
 * and never cached, so what was revoked is refused from the next one on.
 */
export async function findOwner<Id extends string>(
  sql: Sql,
  queries: OwnerQueries,
  key: Buffer | string,
  app: AppRef | null,
): Promise<Owned<Id> | null> {
  const [row] = await sql.query<
    Owner<Id> & { app_id: AppId | null; app: string; state: AppStanding['state']; role: TeamRole | null }
  >(
    app === null ? queries.alone : 'id' in app ? queries.byId : queries.byName,
    app === null ? [key] : [key, 'id' in app ? app.id : app.name],
  )
  if (row === undefined) return null
  const { app_id, app: name, state, role, ...owner } = row
  return { owner, app: app === null || app_id === null ? null : { id: app_id, name, state, role } }
}

export interface OwnerQueries {
  readonly alone: string
  readonly byId: string
  readonly byName: string
}

/** @param column what `$1` is compared with. Both are ours, never a caller's. */
export function ownerQueries(table: 'tokens' | 'sessions', column: 'hash' | 'id'): OwnerQueries {
  const columns = `held.id, held.account_id, email, platform_admin,
    coalesce(held.last_used_at < now() - interval '1 minute', true) AS stale_use`
  const good = `held.${column} = $1 AND (held.expires_at IS NULL OR held.expires_at > now())`
  const from = `FROM ${table} held JOIN accounts ON accounts.id = held.account_id`
  const withApp = (
    by: 'id' | 'name',
  ) => `SELECT ${columns}, apps.id AS app_id, apps.name AS app, apps.state, memberships.role ${from}
    LEFT JOIN apps ON apps.${by} = $2
    LEFT JOIN memberships ON memberships.team_id = apps.team_id AND memberships.account_id = held.account_id
    WHERE ${good}`
  return {
    alone: `SELECT ${columns} ${from} WHERE ${good}`,
    byId: withApp('id'),
    byName: withApp('name'),
  }
}

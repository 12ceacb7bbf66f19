import type { AccountId, AppId, TokenId } from '../contract/ids.ts'
import type { TeamRole } from '../domain/permissions.ts'
import type { AppStanding } from './apps.ts'
import type { Sql, Tx } from './db.ts'

export interface TokenRow {
  readonly id: TokenId
  readonly label: string
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
}

/** Whose token it is, with what the rules need to know of that account. */
export interface TokenOwner {
  readonly token_id: TokenId
  readonly account_id: AccountId
  readonly email: string
  readonly platform_admin: boolean
  /** Its last use was noted more than a minute ago. */
  readonly stale_use: boolean
}

const COLUMNS = 'id, label, created_at, expires_at, last_used_at'

export async function insertToken(
  tx: Tx,
  token: { id: TokenId; account: AccountId; hash: Buffer; label: string; expiresIn: number | null },
): Promise<TokenRow> {
  const [row] = await tx.query<TokenRow>(
    `INSERT INTO tokens (id, account_id, hash, label, expires_at)
     VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) RETURNING ${COLUMNS}`,
    [token.id, token.account, token.hash, token.label, token.expiresIn],
  )
  if (row === undefined) throw new Error('an insert returned no row')
  return row
}

/** By name or by id: what a path names an app by. */
export type AppRef = { readonly name: string } | { readonly id: AppId }

/**
 * Whose token it is, and how its owner stands to the app that a request names: one query, made at each request and
 * never cached, so a revoked token is refused from the next one on.
 */
export async function findTokenOwner(
  sql: Sql,
  hash: Buffer,
  app: AppRef | null,
): Promise<{ readonly owner: TokenOwner; readonly app: AppStanding | null } | null> {
  const [row] = await sql.query<
    TokenOwner & { app_id: AppId | null; app: string; state: AppStanding['state']; role: TeamRole | null }
  >(
    app === null ? OWNER : 'id' in app ? OWNER_AND_APP.by_id : OWNER_AND_APP.by_name,
    app === null ? [hash] : [hash, 'id' in app ? app.id : app.name],
  )
  if (row === undefined) return null
  const { app_id, app: name, state, role, ...owner } = row
  return { owner, app: app === null || app_id === null ? null : { id: app_id, name, state, role } }
}

const OWNER_COLUMNS = `tokens.id AS token_id, tokens.account_id, email, platform_admin,
  coalesce(last_used_at < now() - interval '1 minute', true) AS stale_use`
const GOOD = 'tokens.hash = $1 AND (expires_at IS NULL OR expires_at > now())'
const OWNER = `SELECT ${OWNER_COLUMNS} FROM tokens JOIN accounts ON accounts.id = tokens.account_id WHERE ${GOOD}`
const withApp = (
  column: 'name' | 'id',
) => `SELECT ${OWNER_COLUMNS}, apps.id AS app_id, apps.name AS app, apps.state, memberships.role
  FROM tokens JOIN accounts ON accounts.id = tokens.account_id
  LEFT JOIN apps ON apps.${column} = $2
  LEFT JOIN memberships ON memberships.team_id = apps.team_id AND memberships.account_id = tokens.account_id
  WHERE ${GOOD}`
const OWNER_AND_APP = { by_id: withApp('id'), by_name: withApp('name') } as const

export async function noteTokenUse(sql: Sql, id: TokenId): Promise<void> {
  await sql.query('UPDATE tokens SET last_used_at = now() WHERE id = $1', [id])
}

export async function tokensOf(sql: Sql, account: AccountId): Promise<TokenRow[]> {
  return await sql.query<TokenRow>(
    `SELECT ${COLUMNS} FROM tokens WHERE account_id = $1 AND (expires_at IS NULL OR expires_at > now()) ORDER BY id`,
    [account],
  )
}

export async function deleteToken(tx: Tx, account: AccountId, id: string): Promise<TokenRow | null> {
  const [row] = await tx.query<TokenRow>(
    `DELETE FROM tokens WHERE account_id = $1 AND id::text = $2 RETURNING ${COLUMNS}`,
    [account, id],
  )
  return row ?? null
}

/** All of an account's tokens but one; how many. */
export async function deleteOtherTokens(tx: Tx, account: AccountId, keep: TokenId | null): Promise<number> {
  const rows = await tx.query(
    'DELETE FROM tokens WHERE account_id = $1 AND id IS DISTINCT FROM $2 RETURNING id',
    [account, keep],
  )
  return rows.length
}

import type { AccountId, TokenId } from '../contract/ids.ts'
import type { Sql, Tx } from './db.ts'
import { type AppRef, findOwner, type Owned, ownerQueries } from './owners.ts'

export interface TokenRow {
  readonly id: TokenId
  readonly label: string
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
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

const BY_HASH = ownerQueries('tokens', 'hash')

export const findTokenOwner = (sql: Sql, hash: Buffer, app: AppRef | null): Promise<Owned<TokenId> | null> =>
  findOwner(sql, BY_HASH, hash, app)

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

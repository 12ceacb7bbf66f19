import type { AccountId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { isDuplicate } from './db-errors.ts'
import type { Sql, Tx } from './db.ts'

export interface AccountRow {
  readonly id: AccountId
  readonly email: string
  readonly name: string | null
  readonly platform_admin: boolean
  readonly has_password: boolean
  readonly created_at: string
}

const COLUMNS = 'id, email, name, platform_admin, password_hash IS NOT NULL AS has_password, created_at'

export async function insertAccount(
  tx: Tx,
  account: {
    id: AccountId
    email: string
    name: string | null
    passwordHash: string | null
    platformAdmin: boolean
  },
): Promise<AccountRow> {
  try {
    const [row] = await tx.query<AccountRow>(
      `INSERT INTO accounts (id, email, name, password_hash, platform_admin) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      [account.id, account.email, account.name, account.passwordHash, account.platformAdmin],
    )
    if (row === undefined) throw new Error('an insert returned no row')
    return row
  } catch (error) {
    if (!isDuplicate(error, 'accounts_email')) throw error
    throw new DomainError(
      'name_taken',
      `There is an account with the e-mail address ${account.email} already.`,
    )
  }
}

export async function findAccount(sql: Sql, id: AccountId): Promise<AccountRow | null> {
  const [row] = await sql.query<AccountRow>(`SELECT ${COLUMNS} FROM accounts WHERE id = $1`, [id])
  return row ?? null
}

/** Holds the row until the transaction ends. */
export async function lockAccount(tx: Tx, id: AccountId): Promise<AccountRow | null> {
  const [row] = await tx.query<AccountRow>(`SELECT ${COLUMNS} FROM accounts WHERE id = $1 FOR UPDATE`, [id])
  return row ?? null
}

/** The case of an address does not matter, as at (nearly) every mail server. */
export async function findByEmail(
  sql: Sql,
  email: string,
): Promise<(AccountRow & { readonly password_hash: string | null }) | null> {
  const [row] = await sql.query<AccountRow & { password_hash: string | null }>(
    `SELECT ${COLUMNS}, password_hash FROM accounts WHERE lower(email) = lower($1)`,
    [email],
  )
  return row ?? null
}

export async function setPasswordHash(tx: Tx, id: AccountId, hash: string): Promise<AccountRow | null> {
  const [row] = await tx.query<AccountRow>(
    `UPDATE accounts SET password_hash = $2 WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, hash],
  )
  return row ?? null
}

export async function setPlatformAdmin(tx: Tx, id: AccountId): Promise<void> {
  await tx.query('UPDATE accounts SET platform_admin = true WHERE id = $1', [id])
}

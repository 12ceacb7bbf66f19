import type { AccountId, SessionId, TeamId } from '../contract/ids.ts'
import type { Sql, Tx } from './db.ts'
import { type AppRef, findOwner, type Owned, ownerQueries } from './owners.ts'

export interface SessionRow {
  readonly id: SessionId
  readonly created_at: string
  readonly last_used_at: string
  readonly expires_at: string
  readonly user_agent: string
  readonly address: string
}

const COLUMNS = 'id, created_at, last_used_at, expires_at, user_agent, address'

export async function insertSession(
  tx: Tx,
  session: {
    id: SessionId
    account: AccountId
    hash: Buffer
    userAgent: string
    address: string
    idleSeconds: number
  },
): Promise<SessionRow> {
  const [row] = await tx.query<SessionRow>(
    `INSERT INTO sessions (id, account_id, hash, user_agent, address, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6)) RETURNING ${COLUMNS}`,
    [session.id, session.account, session.hash, session.userAgent, session.address, session.idleSeconds],
  )
  if (row === undefined) throw new Error('an insert returned no row')
  return row
}

const BY_HASH = ownerQueries('sessions', 'hash')
const BY_ID = ownerQueries('sessions', 'id')

/** By the hash of the cookie's secret, or by id for a connection that was let in by it. */
export const findSessionOwner = (
  sql: Sql,
  key: { readonly hash: Buffer } | { readonly id: SessionId },
  app: AppRef | null,
): Promise<Owned<SessionId> | null> =>
  'hash' in key ? findOwner(sql, BY_HASH, key.hash, app) : findOwner(sql, BY_ID, key.id, app)

/** Moves the end on: `idleSeconds` from now, but no later than `mostSeconds` after it was made. */
export async function noteSessionUse(
  sql: Sql,
  id: SessionId,
  { idleSeconds, mostSeconds }: { readonly idleSeconds: number; readonly mostSeconds: number },
): Promise<void> {
  await sql.query(
    `UPDATE sessions SET last_used_at = now(), expires_at = greatest(expires_at,
        least(now() + make_interval(secs => $2), created_at + make_interval(secs => $3))) WHERE id = $1`,
    [id, idleSeconds, mostSeconds],
  )
}

export const sessionsOf = (sql: Sql, account: AccountId): Promise<SessionRow[]> =>
  sql.query<SessionRow>(
    `SELECT ${COLUMNS} FROM sessions WHERE account_id = $1 AND expires_at > now() ORDER BY last_used_at DESC, id DESC`,
    [account],
  )

export async function findSession(sql: Sql, id: SessionId): Promise<SessionRow | null> {
  const [row] = await sql.query<SessionRow>(`SELECT ${COLUMNS} FROM sessions WHERE id = $1`, [id])
  return row ?? null
}

export async function deleteSession(tx: Tx, account: AccountId, id: string): Promise<SessionRow | null> {
  const [row] = await tx.query<SessionRow>(
    `DELETE FROM sessions WHERE account_id = $1 AND id::text = $2 RETURNING ${COLUMNS}`,
    [account, id],
  )
  return row ?? null
}

/** All of an account's sessions but one; how many. */
export async function deleteOtherSessions(
  tx: Tx,
  account: AccountId,
  keep: SessionId | null,
): Promise<number> {
  const rows = await tx.query(
    'DELETE FROM sessions WHERE account_id = $1 AND id IS DISTINCT FROM $2 RETURNING id',
    [account, keep],
  )
  return rows.length
}

export async function deleteExpiredSessions(tx: Tx, account: AccountId): Promise<void> {
  await tx.query('DELETE FROM sessions WHERE account_id = $1 AND expires_at <= now()', [account])
}

/** Which of them are good, with the teams of their accounts: what their live connections are told of. */
export const liveSessions = (
  sql: Sql,
  ids: readonly SessionId[],
): Promise<{ readonly id: SessionId; readonly teams: TeamId[] }[]> =>
  sql.query(
    `SELECT sessions.id, coalesce(array_agg(memberships.team_id::text) FILTER (WHERE team_id IS NOT NULL), '{}') AS teams
       FROM sessions LEFT JOIN memberships ON memberships.account_id = sessions.account_id
      WHERE sessions.id = ANY($1::uuid[]) AND expires_at > now() GROUP BY sessions.id`,
    [ids],
  )

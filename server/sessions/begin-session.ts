import { hashToken } from '../accounts/token-text.ts'
import type { Context } from '../context.ts'
import type { SessionId } from '../contract/ids.ts'
import type { AccountRow } from '../store/accounts.ts'
import { writeAudit } from '../store/audit.ts'
import type { Tx } from '../store/db.ts'
import { deleteExpiredSessions, insertSession, type SessionRow } from '../store/sessions.ts'
import { makeSessionText } from './session-text.ts'

const DAY = 86_400

/** A session ends when it was not used for that long, and at last that long after it was made. */
export const SESSION_LIFE = { idleSeconds: 30 * DAY, mostSeconds: 180 * DAY } as const

/** The browser that signs in: what it calls itself, and from where it asks. */
export interface Browser {
  readonly userAgent: string
  readonly address: string
}

export interface BegunSession {
  readonly row: SessionRow
  /** The cookie's secret, told to this browser alone. */
  readonly text: string
  readonly account: AccountRow
}

/** @param how by which way the account was let in, for the audit log */
export async function beginSession(
  ctx: Pick<Context, 'newId'>,
  tx: Tx,
  account: AccountRow,
  browser: Browser,
  how: 'password' | 'link',
): Promise<BegunSession> {
  const text = makeSessionText()
  await deleteExpiredSessions(tx, account.id)
  const row = await insertSession(tx, {
    id: ctx.newId<SessionId>(),
    account: account.id,
    hash: hashToken(text),
    userAgent: browser.userAgent.slice(0, 300),
    address: browser.address,
    idleSeconds: SESSION_LIFE.idleSeconds,
  })
  await writeAudit(tx, {
    actorId: account.id,
    actor: account.email,
    action: 'session.open',
    target: browser.address,
    detail: { session: row.id, by: how },
  })
  return { row, text, account }
}

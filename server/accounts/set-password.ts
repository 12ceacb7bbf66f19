import type { Context } from '../context.ts'
import { DomainError } from '../domain/errors.ts'
import { type AccountRow, lockAccount, setPasswordHash } from '../store/accounts.ts'
import { writeAudit } from '../store/audit.ts'
import { deleteOtherSessions } from '../store/sessions.ts'
import { deleteLinks } from '../store/sign-in-links.ts'
import { deleteOtherTokens } from '../store/tokens.ts'
import { by, type Caller, sessionOf, tokenOf } from './caller.ts'
import { hashPassword } from './password.ts'

/**
 * Whatever else the old password may have let in ends with it: other tokens, other sessions, links. Setting the first
 * one ends nothing but links. Errors: not_found.
 */
export async function setPassword(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  password: string,
): Promise<AccountRow> {
  const hash = await hashPassword(password)
  return await ctx.db.transaction(async (tx) => {
    const before = await lockAccount(tx, caller.account)
    const row = await setPasswordHash(tx, caller.account, hash)
    if (before === null || row === null) throw new DomainError('not_found', 'The account is gone.')
    await deleteLinks(tx, caller.account)
    const first = !before.has_password
    const tokens = first ? 0 : await deleteOtherTokens(tx, caller.account, tokenOf(caller))
    const sessions = first ? 0 : await deleteOtherSessions(tx, caller.account, sessionOf(caller))
    await writeAudit(tx, {
      ...by(caller),
      action: 'account.password',
      target: row.email,
      detail: { revoked_tokens: tokens, revoked_sessions: sessions },
    })
    return row
  })
}

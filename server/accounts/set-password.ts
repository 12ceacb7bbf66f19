import type { Context } from '../context.ts'
import { DomainError } from '../domain/errors.ts'
import { type AccountRow, setPasswordHash } from '../store/accounts.ts'
import { writeAudit } from '../store/audit.ts'
import { deleteOtherTokens } from '../store/tokens.ts'
import { by, type Caller } from './caller.ts'
import { hashPassword } from './password.ts'

/** Every other token of the account ends with the old password. */
export async function setPassword(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  password: string,
): Promise<AccountRow> {
  const hash = await hashPassword(password)
  return await ctx.db.transaction(async (tx) => {
    const row = await setPasswordHash(tx, caller.account, hash)
    if (row === null) throw new DomainError('not_found', 'The account is gone.')
    const revoked = await deleteOtherTokens(tx, caller.account, caller.token)
    await writeAudit(tx, {
      ...by(caller),
      action: 'account.password',
      target: row.email,
      detail: { revoked_tokens: revoked },
    })
    return row
  })
}

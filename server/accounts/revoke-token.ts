import type { Context } from '../context.ts'
import { DomainError } from '../domain/errors.ts'
import { writeAudit } from '../store/audit.ts'
import { deleteToken, type TokenRow } from '../store/tokens.ts'
import { by, type Caller } from './caller.ts'

/** Only own tokens; the one that the request came with as well (logging out). Errors: not_found. */
export async function revokeToken(ctx: Pick<Context, 'db'>, caller: Caller, id: string): Promise<TokenRow> {
  return await ctx.db.transaction(async (tx) => {
    const row = await deleteToken(tx, caller.account, id)
    if (row === null) throw new DomainError('not_found', 'You have no token with this id.')
    await writeAudit(tx, {
      ...by(caller),
      action: 'token.revoke',
      target: row.label,
      detail: { token: row.id },
    })
    return row
  })
}

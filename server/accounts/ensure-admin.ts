import type { Context } from '../context.ts'
import type { TokenId } from '../contract/ids.ts'
import { findByEmail, setPlatformAdmin } from '../store/accounts.ts'
import { writeAudit } from '../store/audit.ts'
import { insertToken } from '../store/tokens.ts'
import { addAccount } from './create-account.ts'
import { hashToken, makeTokenText } from './token-text.ts'

export interface AdminAccess {
  readonly email: string
  readonly token: string
}

/**
 * An admin of the platform with that address, and a new token for it: made, without a
 * password, unless it is there. For whoever may run
 * programs as the server's user and has the database anyway. Asked again, it is a way back in.
 */
export async function ensureAdmin(
  ctx: Pick<Context, 'db' | 'newId'>,
  email: string,
  label: string,
): Promise<AdminAccess> {
  const address = email.trim().toLowerCase()
  const token = makeTokenText()
  return await ctx.db.transaction(async (tx) => {
    const known = await findByEmail(tx, address)
    if (known !== null && !known.platform_admin) await setPlatformAdmin(tx, known.id)
    const account =
      known ??
      (await addAccount(tx, ctx, null, {
        email: address,
        name: null,
        passwordHash: null,
        platformAdmin: true,
      }))
    const id = ctx.newId<TokenId>()
    await insertToken(tx, { id, account: account.id, hash: hashToken(token), label, expiresIn: null })
    await writeAudit(tx, {
      actorId: null,
      actor: 'platform',
      action: 'account.admin',
      target: address,
      detail: { account: account.id, token: id },
    })
    return { email: address, token }
  })
}

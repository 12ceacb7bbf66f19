import type { Context } from '../context.ts'
import type { TokenId } from '../contract/ids.ts'
import { writeAudit } from '../store/audit.ts'
import { insertToken } from '../store/tokens.ts'
import { by, type Caller } from './caller.ts'
import type { IssuedToken } from './login.ts'
import { hashToken, makeTokenText } from './token-text.ts'

/** @param input `expiresIn` in seconds; null: never. */
export async function createToken(
  ctx: Pick<Context, 'db' | 'newId'>,
  caller: Caller,
  input: { readonly label: string; readonly expiresIn: number | null },
): Promise<IssuedToken> {
  const text = makeTokenText()
  const id = ctx.newId<TokenId>()
  return await ctx.db.transaction(async (tx) => {
    const row = await insertToken(tx, { id, account: caller.account, hash: hashToken(text), ...input })
    await writeAudit(tx, {
      ...by(caller),
      action: 'token.create',
      target: input.label,
      detail: { token: id, expires_in: input.expiresIn },
    })
    return { row, id, text, account: caller.account }
  })
}

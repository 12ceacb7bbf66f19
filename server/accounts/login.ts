import type { Context } from '../context.ts'
import type { AccountId, TokenId } from '../contract/ids.ts'
import { writeAudit } from '../store/audit.ts'
import { insertToken, type TokenRow } from '../store/tokens.ts'
import { checkPassword, type LoginLimits } from './check-password.ts'
import { hashToken, makeTokenText } from './token-text.ts'

/** A login lasts a year, as Heroku's do. */
const LOGIN_SECONDS = 31_536_000

export interface IssuedToken {
  readonly row: TokenRow
  readonly id: TokenId
  /** Shown this once. */
  readonly text: string
  readonly account: AccountId
}

/**
 * Exchanges an e-mail address and a password for a token. Errors: unauthorized, rate_limited.
 */
export async function login(
  ctx: Pick<Context, 'db' | 'newId'>,
  limits: LoginLimits,
  input: {
    readonly email: string
    readonly password: string
    readonly label: string
    readonly address: string
  },
): Promise<IssuedToken> {
  const account = await checkPassword(ctx, limits, input)
  const text = makeTokenText()
  const id = ctx.newId<TokenId>()
  return await ctx.db.transaction(async (tx) => {
    const row = await insertToken(tx, {
      id,
      account: account.id,
      hash: hashToken(text),
      label: input.label,
      expiresIn: LOGIN_SECONDS,
    })
    await writeAudit(tx, {
      actorId: account.id,
      actor: account.email,
      action: 'account.login',
      target: input.label,
      detail: { token: id },
    })
    return { row, id, text, account: account.id }
  })
}

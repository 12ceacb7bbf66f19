import type { Context } from '../context.ts'
import type { AccountId, TokenId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { findByEmail } from '../store/accounts.ts'
import { writeAudit } from '../store/audit.ts'
import { insertToken, type TokenRow } from '../store/tokens.ts'
import { verifyPassword } from './password.ts'
import type { RateLimit } from './rate-limit.ts'
import { hashToken, makeTokenText } from './token-text.ts'

/** A login lasts a year, as Heroku's do. */
const LOGIN_SECONDS = 31_536_000

export interface LoginLimits {
  readonly perEmail: RateLimit
  readonly perAddress: RateLimit
}

export interface IssuedToken {
  readonly row: TokenRow
  readonly id: TokenId
  /** Shown this once. */
  readonly text: string
  readonly account: AccountId
}

/**
 * Exchanges an e-mail address and a password for a token. What is wrong is not told, and takes the same time.
 * Errors: unauthorized, rate_limited.
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
  const email = input.email.trim().toLowerCase()
  for (const taken of [limits.perAddress.take(input.address), limits.perEmail.take(email)]) {
    if (taken.allowed) continue
    throw new DomainError(
      'rate_limited',
      `Too many attempts to log in. Try it again in ${taken.retryAfter} s.`,
    )
  }
  const account = await findByEmail(ctx.db, email)
  if (!(await verifyPassword(account?.password_hash ?? null, input.password)) || account === null) {
    throw new DomainError('unauthorized', 'The e-mail address or the password is wrong.')
  }
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

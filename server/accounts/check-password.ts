import type { Context } from '../context.ts'
import { DomainError } from '../domain/errors.ts'
import { type AccountRow, findByEmail } from '../store/accounts.ts'
import { verifyPassword } from './password.ts'
import type { RateLimit } from './rate-limit.ts'

export interface LoginLimits {
  readonly perEmail: RateLimit
  readonly perAddress: RateLimit
}

/**
 * The account of an e-mail address and its password. What is wrong is not told, and takes the same time.
 * Errors: unauthorized, rate_limited.
 */
export async function checkPassword(
  ctx: Pick<Context, 'db'>,
  limits: LoginLimits,
  input: { readonly email: string; readonly password: string; readonly address: string },
): Promise<AccountRow> {
  const email = input.email.trim().toLowerCase()
  for (const taken of [limits.perAddress.take(input.address), limits.perEmail.take(email)])
    if (!taken.allowed) throw tooManyAttempts(taken.retryAfter)
  const account = await findByEmail(ctx.db, email)
  if (!(await verifyPassword(account?.password_hash ?? null, input.password)) || account === null) {
    throw new DomainError('unauthorized', 'The e-mail address or the password is wrong.')
  }
  return account
}

export const tooManyAttempts = (seconds: number): DomainError =>
  new DomainError('rate_limited', `Too many attempts to log in. Try it again in ${seconds} s.`)

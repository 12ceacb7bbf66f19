import type { Context } from '../context.ts'
import { findTokenOwner, noteTokenUse } from '../store/tokens.ts'
import type { Caller } from './caller.ts'
import { hashToken, tokenOf } from './token-text.ts'

/**
 * Whoever an Authorization header stands for; null when it is missing, or its token unknown, expired or revoked. One
 * indexed query each time and no cache, so a revoked token ends with the next request.
 * Errors: database_unavailable.
 */
export async function authenticate(
  ctx: Pick<Context, 'db' | 'log'>,
  header: string | undefined,
): Promise<Caller | null> {
  const text = tokenOf(header)
  if (text === null) return null
  const owner = await findTokenOwner(ctx.db, hashToken(text))
  if (owner === null) return null
  if (owner.stale_use) {
    noteTokenUse(ctx.db, owner.token_id).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'the use of a token was not noted'),
    )
  }
  return {
    account: owner.account_id,
    email: owner.email,
    token: owner.token_id,
    platformAdmin: owner.platform_admin,
  }
}

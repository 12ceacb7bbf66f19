import type { Context } from '../context.ts'
import { type TokenRow, tokensOf } from '../store/tokens.ts'
import type { Caller } from './caller.ts'

/** The own tokens that are still good, the oldest first. */
export const listTokens = (ctx: Pick<Context, 'db'>, caller: Caller): Promise<TokenRow[]> =>
  tokensOf(ctx.db, caller.account)

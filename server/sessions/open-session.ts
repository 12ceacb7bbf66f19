import { checkPassword, type LoginLimits } from '../accounts/check-password.ts'
import type { Context } from '../context.ts'
import { type BegunSession, beginSession, type Browser } from './begin-session.ts'

/** Signs a browser in. Errors: unauthorized, rate_limited. */
export async function openSession(
  ctx: Pick<Context, 'db' | 'newId'>,
  limits: LoginLimits,
  input: { readonly email: string; readonly password: string },
  browser: Browser,
): Promise<BegunSession> {
  const account = await checkPassword(ctx, limits, { ...input, address: browser.address })
  return await ctx.db.transaction((tx) => beginSession(ctx, tx, account, browser, 'password'))
}

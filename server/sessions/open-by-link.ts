import { type LoginLimits, tooManyAttempts } from '../accounts/check-password.ts'
import { hashToken } from '../accounts/token-text.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../domain/errors.ts'
import { findAccount } from '../store/accounts.ts'
import { takeLink } from '../store/sign-in-links.ts'
import { type BegunSession, beginSession, type Browser } from './begin-session.ts'
import { isLinkCode } from './session-text.ts'

/** Signs a browser in with the code of a one-time link, which is used up. Errors: unauthorized, rate_limited. */
export async function openByLink(
  ctx: Pick<Context, 'db' | 'newId'>,
  limits: Pick<LoginLimits, 'perAddress'>,
  code: string,
  browser: Browser,
): Promise<BegunSession> {
  const taken = limits.perAddress.take(browser.address)
  if (!taken.allowed) throw tooManyAttempts(taken.retryAfter)
  const begun = isLinkCode(code) ? await useLink(ctx, code, browser) : null
  if (begun !== null) return begun
  throw new DomainError(
    'unauthorized',
    'This link was used already or is older than 24 hours. On the machine of the platform, make a new one: npm start -- --admin-link',
  )
}

/** null: no link of ours. The use of one that is too old is kept, too. */
const useLink = (ctx: Pick<Context, 'db' | 'newId'>, code: string, browser: Browser) =>
  ctx.db.transaction(async (tx) => {
    const id = await takeLink(tx, hashToken(code))
    const account = id === null ? null : await findAccount(tx, id)
    return account === null ? null : await beginSession(ctx, tx, account, browser, 'link')
  })

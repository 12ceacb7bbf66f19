import { hashToken } from '../accounts/token-text.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../domain/errors.ts'
import { findByEmail } from '../store/accounts.ts'
import { writeAudit } from '../store/audit.ts'
import { replaceLink } from '../store/sign-in-links.ts'
import { makeLinkCode } from './session-text.ts'

const LINK_SECONDS = 86_400

export interface MadeLink {
  /** Goes into the fragment of the welcome page's address; stored as a hash only. */
  readonly code: string
  readonly expires_at: string
}

/**
 * A one-time link for an admin of the platform; an earlier one ends. For whoever may run programs as the server's user
 * and has the database anyway. Errors: not_found.
 */
export async function makeLink(ctx: Pick<Context, 'db'>, email: string): Promise<MadeLink> {
  const code = makeLinkCode()
  return await ctx.db.transaction(async (tx) => {
    const account = await findByEmail(tx, email.trim())
    if (account === null || !account.platform_admin)
      throw new DomainError('not_found', `There is no admin of the platform with the address ${email}.`)
    const expires_at = await replaceLink(tx, {
      account: account.id,
      hash: hashToken(code),
      seconds: LINK_SECONDS,
    })
    await writeAudit(tx, { actorId: null, actor: 'platform', action: 'session.link', target: account.email })
    return { code, expires_at }
  })
}

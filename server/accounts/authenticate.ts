import type { Context } from '../context.ts'
import { AppId, AppName } from '../contract/ids.ts'
import type { AppStanding } from '../store/apps.ts'
import { type AppRef, findTokenOwner, noteTokenUse } from '../store/tokens.ts'
import type { Caller } from './caller.ts'
import { hashToken, tokenOf } from './token-text.ts'

export interface Identified {
  readonly caller: Caller
  /** The app that the request names; null when there is none of that name or id. */
  readonly app: AppStanding | null
}

/**
 * Whoever an Authorization header stands for; null when it is missing, or its token unknown, expired or revoked.
 * @param nameOrId the app that the request names, or null; found in the same query
 * Errors: database_unavailable.
 */
export async function identify(
  ctx: Pick<Context, 'db' | 'log'>,
  header: string | undefined,
  nameOrId: string | null,
): Promise<Identified | null> {
  const text = tokenOf(header)
  if (text === null) return null
  const found = await findTokenOwner(ctx.db, hashToken(text), refOf(nameOrId))
  if (found === null) return null
  const { owner, app } = found
  if (owner.stale_use) {
    noteTokenUse(ctx.db, owner.token_id).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'the use of a token was not noted'),
    )
  }
  const caller = {
    account: owner.account_id,
    email: owner.email,
    token: owner.token_id,
    platformAdmin: owner.platform_admin,
  }
  return { caller, app }
}

/** As `identify`, for requests that name no app. */
export async function authenticate(
  ctx: Pick<Context, 'db' | 'log'>,
  header: string | undefined,
): Promise<Caller | null> {
  return (await identify(ctx, header, null))?.caller ?? null
}

/** Texts that can be neither a name nor an id are not looked for. */
function refOf(nameOrId: string | null): AppRef | null {
  const name = AppName.safeParse(nameOrId)
  if (name.success) return { name: name.data }
  const id = AppId.safeParse(nameOrId)
  return id.success ? { id: id.data } : null
}

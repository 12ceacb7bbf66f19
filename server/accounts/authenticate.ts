import type { Context } from '../context.ts'
import { AppId, AppName } from '../contract/ids.ts'
import type { AppStanding } from '../store/apps.ts'
import type { AppRef, Owned } from '../store/owners.ts'
import { findTokenOwner, noteTokenUse } from '../store/tokens.ts'
import type { Caller, Credential } from './caller.ts'
import { hashToken, tokenIn } from './token-text.ts'

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
  const text = tokenIn(header)
  if (text === null) return null
  const found = await findTokenOwner(ctx.db, hashToken(text), refOf(nameOrId))
  if (found === null) return null
  if (found.owner.stale_use) {
    noteTokenUse(ctx.db, found.owner.id).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'the use of a token was not noted'),
    )
  }
  return identified(found, { kind: 'token', id: found.owner.id })
}

export function identified({ owner, app }: Owned<string>, credential: Credential): Identified {
  const { account_id: account, email, platform_admin: platformAdmin } = owner
  return { caller: { account, email, credential, platformAdmin }, app }
}

/** As `identify`, for requests that name no app. */
export async function authenticate(
  ctx: Pick<Context, 'db' | 'log'>,
  header: string | undefined,
): Promise<Caller | null> {
  return (await identify(ctx, header, null))?.caller ?? null
}

/** Texts that can be neither a name nor an id are not looked for. */
export function refOf(nameOrId: string | null): AppRef | null {
  const name = AppName.safeParse(nameOrId)
  if (name.success) return { name: name.data }
  const id = AppId.safeParse(nameOrId)
  return id.success ? { id: id.data } : null
}

import type { Context } from '../context.ts'
import type { Access } from '../contract/endpoint.ts'
import { AppId, AppName } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { decide } from '../domain/permissions.ts'
import { type AppStanding, findStanding } from '../store/apps.ts'
import type { Caller } from './caller.ts'

export interface AuthorisedApp {
  readonly id: AppId
  readonly name: string
  readonly state: AppStanding['state']
}

export const appNotFound = (nameOrId: string): DomainError =>
  new DomainError(
    'app_not_found',
    `There is no app ${JSON.stringify(nameOrId.length > 40 ? `${nameOrId.slice(0, 40)}…` : nameOrId)} that you can see. Check its name.`,
  )

/**
 * Whether the caller may do what `access` says with the app (a name or an id; null for endpoints without an app).
 * Resolves with the app. Errors: unauthorized, forbidden, app_not_found (also for apps that the caller may not see).
 */
export async function authorise(
  ctx: Pick<Context, 'db'>,
  access: Access,
  caller: Caller | null,
  nameOrId: string | null,
): Promise<AuthorisedApp | null> {
  const found = nameOrId === null || caller === null ? null : await standingOf(ctx, nameOrId, caller)
  const standing = nameOrId === null ? null : found === null ? 'absent' : found.role
  const verdict = decide(access, caller, standing)
  if (verdict.allowed) return found === null ? null : { id: found.id, name: found.name, state: found.state }
  if (verdict.code === 'unauthorized') {
    throw new DomainError('unauthorized', 'The token is missing, expired or revoked. Log in: skypanel login')
  }
  if (verdict.code === 'app_not_found') throw appNotFound(nameOrId ?? '')
  throw new DomainError(
    verdict.code,
    access === 'platform:admin'
      ? 'Only an admin of the platform may do this.'
      : `Only an admin of the team that owns ${found?.name ?? 'the app'} may do this.`,
  )
}

/** Texts that can be neither a name nor an id are not looked for. */
async function standingOf(
  ctx: Pick<Context, 'db'>,
  nameOrId: string,
  caller: Caller,
): Promise<AppStanding | null> {
  const name = AppName.safeParse(nameOrId)
  if (name.success) return await findStanding(ctx.db, { name: name.data }, caller.account)
  const id = AppId.safeParse(nameOrId)
  return id.success ? await findStanding(ctx.db, { id: id.data }, caller.account) : null
}

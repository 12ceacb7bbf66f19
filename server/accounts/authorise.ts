import type { Access } from '../contract/endpoint.ts'
import type { AppId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { decide } from '../domain/permissions.ts'
import type { AppStanding } from '../store/apps.ts'
import type { Identified } from './authenticate.ts'

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
 * Whether who asks may do what `access` says with the app that the request names (null: it names none). Gives the
 * app. Errors: unauthorized, forbidden, app_not_found (also for apps that the caller may not see).
 */
export function authorise(
  access: Access,
  identified: Identified | null,
  nameOrId: string | null,
): AuthorisedApp | null {
  const caller = identified?.caller ?? null
  const app = identified?.app ?? null
  const verdict = decide(access, caller, nameOrId === null ? null : app === null ? 'absent' : app.role)
  if (verdict.allowed) return app === null ? null : { id: app.id, name: app.name, state: app.state }
  if (verdict.code === 'unauthorized') {
    throw new DomainError('unauthorized', 'The token is missing, expired or revoked. Log in: skypanel login')
  }
  if (verdict.code === 'app_not_found') throw appNotFound(nameOrId ?? '')
  throw new DomainError(
    verdict.code,
    access === 'platform:admin'
      ? 'Only an admin of the platform may do this.'
      : `Only an admin of the team that owns ${app?.name ?? 'the app'} may do this.`,
  )
}

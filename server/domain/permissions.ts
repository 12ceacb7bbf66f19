import type { Access } from '../contract/endpoint.ts'
import type { ErrorCode } from '../contract/errors.ts'

export type TeamRole = 'admin' | 'member'

/** Who asks, as far as rules are concerned; null: nobody, or a token that is not (or no longer) valid. */
export type Caller = { readonly platformAdmin: boolean } | null

/** The caller's role in the team that owns the app; null: none. `absent`: there is no such app. */
export type Standing = TeamRole | null | 'absent'

export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly code: ErrorCode }

const allow: Verdict = { allowed: true }
const deny = (code: ErrorCode): Verdict => ({ allowed: false, code })

/** What a team's roles may do with its apps. Members see and deploy; owning decisions are the admins'. */
const ROLE_MAY: Readonly<Record<TeamRole, Readonly<Record<AppAccess, boolean>>>> = {
  member: { 'app:view': true, 'app:deploy': true, 'app:manage': false },
  admin: { 'app:view': true, 'app:deploy': true, 'app:manage': true },
}
type AppAccess = Extract<Access, `app:${string}`>

/**
 * The one table of who may do what. Platform admins may do everything with every app. Whoever may not see an app is
 * told the same as if it did not exist, so that names of others cannot be found out.
 */
export function decide(access: Access, caller: Caller, standing: Standing): Verdict {
  if (access === 'public') return allow
  if (caller === null) return deny('unauthorized')
  switch (access) {
    case 'account':
      return allow
    case 'platform:admin':
      return caller.platformAdmin ? allow : deny('forbidden')
    case 'app:view':
    case 'app:deploy':
    case 'app:manage': {
      if (standing === 'absent') return deny('app_not_found')
      if (caller.platformAdmin) return allow
      if (standing === null || !ROLE_MAY[standing]['app:view']) return deny('app_not_found')
      return ROLE_MAY[standing][access] ? allow : deny('forbidden')
    }
    default:
      return access satisfies never
  }
}

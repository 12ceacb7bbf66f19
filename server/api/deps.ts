import type { LoginLimits } from '../accounts/check-password.ts'
import type { RateLimit } from '../accounts/rate-limit.ts'
import type { Context } from '../context.ts'
import type { Deploy } from '../deploy/deploy.ts'
import type { Status } from '../telemetry/status.ts'

/** What the API is made of. */
export interface ApiDeps extends Pick<Context, 'db' | 'config' | 'log' | 'now' | 'newId' | 'seal'> {
  readonly deploy: Deploy
  readonly status: Status
  readonly loginLimits: LoginLimits
  /** By token. */
  readonly callerLimit: RateLimit
  /** By session: a page asks again whenever something changed, in each of its tabs. */
  readonly sessionLimit: RateLimit
  /** By address, for requests without a valid token. */
  readonly addressLimit: RateLimit
}

import type { TokenId } from '../contract/ids.ts'
import type { Actor } from '../deploy/deploy.ts'

/** Who a request comes from, found out by its token. */
export interface Caller extends Actor {
  readonly token: TokenId
  readonly platformAdmin: boolean
}

/** How a caller stands in the audit log. */
export const by = (actor: Actor) => ({ actorId: actor.account, actor: actor.email })

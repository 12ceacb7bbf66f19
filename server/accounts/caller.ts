import type { SessionId, TokenId } from '../contract/ids.ts'
import type { Actor } from '../deploy/deploy.ts'

/** What a request came with: a token's text, or the cookie of a signed-in browser. */
export type Credential =
  | { readonly kind: 'token'; readonly id: TokenId }
  | { readonly kind: 'session'; readonly id: SessionId }

/** Who a request comes from, found out by its credential. */
export interface Caller extends Actor {
  readonly credential: Credential
  readonly platformAdmin: boolean
}

/** The token that the request came with; null: it came with a session. */
export const tokenOf = ({ credential }: Caller): TokenId | null =>
  credential.kind === 'token' ? credential.id : null

/** The session that the request came with; null: it came with a token. */
export const sessionOf = ({ credential }: Caller): SessionId | null =>
  credential.kind === 'session' ? credential.id : null

/** How a caller stands in the audit log. */
export const by = (actor: Actor) => ({ actorId: actor.account, actor: actor.email })

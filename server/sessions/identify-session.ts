import { identified, type Identified, refOf } from '../accounts/authenticate.ts'
import { hashToken } from '../accounts/token-text.ts'
import type { Context } from '../context.ts'
import type { SessionId } from '../contract/ids.ts'
import { findSessionOwner, noteSessionUse } from '../store/sessions.ts'
import { SESSION_LIFE } from './begin-session.ts'

type Needs = Pick<Context, 'db' | 'log'>

/**
 * Whoever a session's secret stands for; null when it is unknown, expired or revoked. Using it moves its end on.
 * @param nameOrId the app that the request names, or null. Errors: database_unavailable.
 */
export async function identifySession(
  ctx: Needs,
  text: string,
  nameOrId: string | null,
): Promise<Identified | null> {
  const found = await findSessionOwner(ctx.db, { hash: hashToken(text) }, refOf(nameOrId))
  if (found === null) return null
  if (found.owner.stale_use) {
    noteSessionUse(ctx.db, found.owner.id, SESSION_LIFE).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'the use of a session was not noted'),
    )
  }
  return identified(found, { kind: 'session', id: found.owner.id })
}

/** As above for a connection that was let in by a session: what it may do is asked anew each time. */
export async function identifyConnection(
  ctx: Pick<Context, 'db'>,
  session: SessionId,
  nameOrId: string | null,
): Promise<Identified | null> {
  const found = await findSessionOwner(ctx.db, { id: session }, refOf(nameOrId))
  return found === null ? null : identified(found, { kind: 'session', id: found.owner.id })
}

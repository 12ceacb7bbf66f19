import type { Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import { type SessionRow, sessionsOf } from '../store/sessions.ts'

/** The own sessions that are still good, the last used first. */
export const listSessions = (ctx: Pick<Context, 'db'>, caller: Caller): Promise<SessionRow[]> =>
  sessionsOf(ctx.db, caller.account)

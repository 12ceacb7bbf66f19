import type { Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import { type AppRow, appsOf } from '../store/apps.ts'

/** The apps of the caller's teams, by name. */
export const listApps = (ctx: Pick<Context, 'db'>, caller: Caller): Promise<AppRow[]> =>
  appsOf(ctx.db, caller.account)

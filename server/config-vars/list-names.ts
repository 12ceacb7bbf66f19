import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import { varNames } from '../store/config-vars.ts'

/** Which config vars an app has, and when each was set; no value is opened for it. */
export const listNames = (
  ctx: Pick<Context, 'db'>,
  app: AppId,
): Promise<{ readonly name: string; readonly updated_at: string }[]> => varNames(ctx.db, app)

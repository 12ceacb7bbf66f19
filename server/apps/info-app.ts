import { appNotFound } from '../accounts/authorise.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import { type AppRow, findApp } from '../store/apps.ts'

/** Errors: app_not_found, when it was destroyed since the caller was authorised. */
export async function infoApp(ctx: Pick<Context, 'db'>, id: AppId): Promise<AppRow> {
  const row = await findApp(ctx.db, id)
  if (row === null) throw appNotFound(id)
  return row
}

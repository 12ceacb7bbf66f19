import { by, type Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Deploy } from '../deploy/deploy.ts'
import { type AppChange, type AppRow, updateApp as store } from '../store/apps.ts'
import { writeAudit } from '../store/audit.ts'
import { changeApp } from './change-app.ts'
import { infoApp } from './info-app.ts'

/** Maintenance reaches the directory by the notice of the table itself. Errors: app_not_found, conflict, invalid_params (a driver). */
export async function updateApp(
  ctx: Pick<Context, 'db'> & { readonly deploy: Pick<Deploy, 'requireDriver'> },
  caller: Caller,
  app: AppId,
  change: AppChange,
): Promise<AppRow> {
  if (change.driver !== undefined && change.driver !== null) await ctx.deploy.requireDriver(change.driver)
  await changeApp(ctx, app, async (tx, name) => {
    await store(tx, app, change)
    await writeAudit(tx, { ...by(caller), action: 'app.update', app, target: name, detail: { ...change } })
  })
  return await infoApp(ctx, app)
}

import { appNotFound } from '../accounts/authorise.ts'
import { by, type Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Deploy } from '../deploy/deploy.ts'
import { DomainError } from '../domain/errors.ts'
import { type AppRow, findApp } from '../store/apps.ts'
import { writeAudit } from '../store/audit.ts'
import { changeApp } from './change-app.ts'

/**
 * Begins the destruction; the app is `destroying` until everything of it is gone.
 * @param confirm has to repeat the app's name. Errors: confirmation_missing, app_not_found, conflict.
 */
export async function destroyApp(
  ctx: Pick<Context, 'db'> & { readonly deploy: Pick<Deploy, 'destroy'> },
  caller: Caller,
  app: AppId,
  confirm: string,
): Promise<AppRow> {
  return await changeApp(ctx, app, async (tx, name) => {
    if (confirm !== name) {
      throw new DomainError(
        'confirmation_missing',
        `Destroying ${name} cannot be undone. Confirm it by repeating its name: ${name}`,
      )
    }
    const { deployment } = await ctx.deploy.destroy(tx, app, caller)
    await writeAudit(tx, { ...by(caller), action: 'app.destroy', app, target: name, detail: { deployment } })
    const row = await findApp(tx, app)
    if (row === null) throw appNotFound(name)
    return row
  })
}

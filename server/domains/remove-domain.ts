import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { writeAudit } from '../store/audit.ts'
import { deleteDomain, type DomainRow } from '../store/domains.ts'

/** Errors: not_found (also for the app's own host, which goes with the app only), app_not_found, conflict. */
export async function removeDomain(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  app: AppId,
  hostname: string,
): Promise<DomainRow> {
  return await changeApp(ctx, app, async (tx, name) => {
    const row = await deleteDomain(tx, app, hostname.toLowerCase())
    if (row === null)
      throw new DomainError(
        'not_found',
        `${name} has no custom domain of that name. See those it has: skypanel domains`,
      )
    await writeAudit(tx, { ...by(caller), action: 'domain.remove', app, target: hostname })
    return row
  })
}

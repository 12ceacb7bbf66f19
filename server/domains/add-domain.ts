import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { refuseDomain } from '../domain/hostname.ts'
import { writeAudit } from '../store/audit.ts'
import { type DomainRow, insertDomain } from '../store/domains.ts'

/** Errors: name_invalid (a zone of the platform), name_taken, app_not_found, conflict. */
export async function addDomain(
  ctx: Pick<Context, 'db' | 'config'>,
  caller: Caller,
  app: AppId,
  hostname: string,
): Promise<DomainRow> {
  const refusal = refuseDomain(hostname, ctx.config.reach)
  if (refusal !== null)
    throw new DomainError('name_invalid', `${hostname} cannot be a custom domain: ${refusal}.`)
  return await changeApp(ctx, app, async (tx) => {
    const row = await insertDomain(tx, app, hostname)
    if (row === null)
      throw new DomainError('name_taken', `${hostname} belongs to an app already. Remove it there first.`)
    await writeAudit(tx, { ...by(caller), action: 'domain.add', app, target: hostname })
    return row
  })
}

import { by, type Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import { type AuditLine, writeAudit } from '../store/audit.ts'
import type { Tx } from '../store/db.ts'
import type { AuthorisedApp } from '../accounts/authorise.ts'
import { changeApp } from './change-app.ts'

/** A change of an app that deploying carries out, with its audit line; see `changeApp` for the errors. */
export async function auditedChange<T>(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  app: AuthorisedApp,
  line: Pick<AuditLine, 'action' | 'detail'>,
  change: (tx: Tx) => Promise<T>,
): Promise<T> {
  return await changeApp(ctx, app.id, async (tx, name) => {
    const result = await change(tx)
    await writeAudit(tx, { ...by(caller), ...line, app: app.id, target: name })
    return result
  })
}

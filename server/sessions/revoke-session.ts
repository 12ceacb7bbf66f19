import { by, type Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../domain/errors.ts'
import { writeAudit } from '../store/audit.ts'
import { deleteSession, type SessionRow } from '../store/sessions.ts'

/** Only own sessions; the caller's own one too, which signs out. Errors: not_found. */
export async function revokeSession(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
  id: string,
): Promise<SessionRow> {
  return await ctx.db.transaction(async (tx) => {
    const row = await deleteSession(tx, caller.account, id)
    if (row === null) throw new DomainError('not_found', 'You have no session with this id.')
    const own = row.id === caller.credential.id
    await writeAudit(tx, {
      ...by(caller),
      action: own ? 'session.close' : 'session.revoke',
      target: row.address,
      detail: { session: row.id },
    })
    return row
  })
}

import { appNotFound } from '../accounts/authorise.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { lockApp } from '../store/apps.ts'
import type { Tx } from '../store/db.ts'

/**
 * A change of one app: one at a time, and none of an app that is being destroyed. The change, its audit line and what
 * wakes the loops are one transaction. Errors: app_not_found, conflict.
 */
export async function changeApp<T>(
  ctx: Pick<Context, 'db'>,
  app: AppId,
  change: (tx: Tx, name: string) => Promise<T>,
): Promise<T> {
  return await ctx.db.transaction(async (tx) => {
    const locked = await lockApp(tx, app)
    if (locked === null) throw appNotFound(app)
    if (locked.state === 'destroying') throw new DomainError('conflict', `${locked.name} is being destroyed.`)
    return await change(tx, locked.name)
  })
}

import type { CronRun } from '../contract/cron.ts'
import type { AppId } from '../contract/ids.ts'
import { holdApp } from '../deploy/begin-work.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import { scheduledApp } from '../store/cron.ts'
import type { Tx } from '../store/db.ts'
import { databaseNow } from '../store/instances.ts'
import { entriesOf } from './entries.ts'
import { startEntry } from './start-entry.ts'

/** Runs an entry besides its times. Errors: not_found, conflict when a run goes on or there is no room. */
export async function runNow(
  ctx: Pick<DeployContext, 'newId' | 'seal' | 'settings' | 'bus'>,
  tx: Tx,
  app: AppId,
  name: string,
): Promise<CronRun> {
  await holdApp(tx, app)
  const found = await scheduledApp(tx, app)
  const entry = entriesOf(found?.cron).find((one) => one.name === name)
  if (found === null || entry === undefined)
    throw new DomainError('not_found', `There is no entry ${name}. List them with: skypanel cron`)
  const due = await databaseNow(tx)
  const how = await startEntry(ctx, tx, found, entry, due)
  if (how.outcome !== 'started')
    throw new DomainError(
      'conflict',
      `${name} was not started: ${how.outcome === 'skipped' ? how.reason : 'it was just started'}.`,
    )
  await ctx.bus.announce(tx, { app })
  const due_at = new Date(due).toISOString()
  return { entry: name, due_at, outcome: 'running', reason: null, process: how.process, ended_at: null }
}

import type { CronEntry } from '../contract/cron.ts'
import type { AppId } from '../contract/ids.ts'
import { nextRun } from '../domain/cron-due.ts'
import { lastCronRuns, scheduledApp } from '../store/cron.ts'
import type { Sql } from '../store/db.ts'
import { databaseNow } from '../store/instances.ts'
import { entriesOf } from './entries.ts'
import { sizeOf } from './start-entry.ts'

/** The entries of the release that serves, with their next and last runs. */
export async function listCron(sql: Sql, app: AppId): Promise<CronEntry[]> {
  const [found, last, now] = await Promise.all([
    scheduledApp(sql, app),
    lastCronRuns(sql, app),
    databaseNow(sql),
  ])
  return entriesOf(found?.cron).map((entry) => {
    const next = nextRun(entry.schedule, now)
    return {
      name: entry.name,
      schedule: entry.schedule,
      command: entry.command,
      size: sizeOf(entry),
      overlap: entry.overlap,
      from: entry.from,
      next_run: next === null ? null : new Date(next).toISOString(),
      last_run: last.find((run) => run.entry === entry.name) ?? null,
    }
  })
}

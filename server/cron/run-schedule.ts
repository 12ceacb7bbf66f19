import type { AppId } from '../contract/ids.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { tell } from '../deploy/platform-log.ts'
import { isPassing } from '../deploy/verdict.ts'
import { planSchedule } from '../domain/cron-due.ts'
import { lockApp } from '../store/apps.ts'
import {
  forgetCronRuns,
  insertCronRun,
  rememberEntries,
  scheduledApp,
  scheduledApps,
  seenEntries,
} from '../store/cron.ts'
import { databaseNow } from '../store/instances.ts'
import { entriesOf } from './entries.ts'
import { startEntry } from './start-entry.ts'

const MINUTE = 60_000
/** ms after the full minute, so that the database's clock has passed it too. */
const AFTER = 50
const FORGET_EVERY = 60
const KEPT_DAYS = 30

type Ctx = Pick<DeployContext, 'db' | 'newId' | 'seal' | 'settings' | 'bus' | 'log'>

/** Starts what is due, at each full minute by the database's clock; what was due meanwhile comes with the first look. */
export function startSchedules(ctx: Ctx): AsyncDisposable {
  let stopped = false
  let timer: NodeJS.Timeout | null = null
  let looks = 0
  let running: Promise<void> = Promise.resolve()

  async function look(): Promise<void> {
    let now = Date.now()
    try {
      now = await databaseNow(ctx.db)
      await runDue(ctx, now)
      if (looks++ % FORGET_EVERY === 0) await forgetCronRuns(ctx.db, KEPT_DAYS)
      now = await databaseNow(ctx.db)
    } catch (error) {
      if (!isPassing(error)) ctx.log.error({ error: String(error) }, 'the schedules could not be looked at')
    }
    if (!stopped) timer = setTimeout(begin, MINUTE - (now % MINUTE) + AFTER)
  }
  const begin = () => {
    running = look()
  }
  begin()
  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      await running
    },
  }
}

/** A look without locks first: in most minutes nothing is due of most apps. */
export async function runDue(ctx: Ctx, now: number): Promise<void> {
  const apps = await scheduledApps(ctx.db)
  if (apps.length === 0) return
  const seen = await seenEntries(
    ctx.db,
    apps.map(({ id }) => id),
  )
  for (const app of apps) {
    const known = seen.filter(({ app_id }) => app_id === app.id)
    const plan = planSchedule(entriesOf(app.cron), known, app.live_at, now)
    if (plan.due.length + plan.seen.length + plan.gone.length === 0) continue
    try {
      await runDueOf(ctx, app.id)
    } catch (error) {
      // One app's trouble is not that of the others; what is not done is due at the next look.
      if (isPassing(error)) throw error
      ctx.log.error({ app: app.id, error: String(error) }, 'a schedule could not be carried out')
    }
  }
}

async function runDueOf(ctx: Ctx, id: AppId): Promise<void> {
  const lines = await ctx.db.transaction(async (tx) => {
    const told: string[] = []
    await lockApp(tx, id)
    const app = await scheduledApp(tx, id)
    if (app === null) return told
    const entries = entriesOf(app.cron)
    const plan = planSchedule(entries, await seenEntries(tx, [id]), app.live_at, await databaseNow(tx))
    await rememberEntries(tx, id, plan.seen, plan.gone)
    for (const due of plan.due) {
      const entry = entries.find(({ name }) => name === due.entry)
      if (entry === undefined) continue
      if (due.missed !== null) {
        const reason = missedReason(due.missed.count)
        const row = { app: id, entry: entry.name, due: due.missed.at, outcome: 'missed', reason } as const
        if (await insertCronRun(tx, row)) told.push(`${entry.name}: missed, ${reason}`)
      }
      if (due.run === null) continue
      const how = await startEntry(ctx, tx, app, entry, due.run)
      if (how.outcome === 'skipped') told.push(`${entry.name}: skipped, ${how.reason}`)
    }
    await ctx.bus.announce(tx, { app: id })
    return told
  })
  tell(ctx, id, 'cron', ...lines)
}

const missedReason = (count: number): string =>
  count === 1
    ? 'the platform was away at that time'
    : `the platform was away at that time and at ${count - 1} before it`

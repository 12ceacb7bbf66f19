import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../context.ts'
import type { CronEntry, CronRun } from '../contract/cron.ts'
import { createBus } from '../deploy/bus.ts'
import type { DeploySettings } from '../deploy/deploy-context.ts'
import { readKeys } from '../secrets/key-file.ts'
import { createSealer } from '../secrets/sealer.ts'
import { databaseNow } from '../store/instances.ts'
import { startFakePlatform, until, type FakePlatform } from '../../test/support/fake-platform.ts'
import { pushedApps, type PushedApps } from '../../test/support/pushed-apps.ts'
import { runDue } from './run-schedule.ts'

let platform: FakePlatform
let apps: PushedApps

beforeAll(async () => {
  platform = await startFakePlatform()
  apps = pushedApps(platform)
}, 120_000)
afterAll(async () => {
  await apps.remove()
  await platform[Symbol.asyncDispose]()
})

const toml = (schedule: string, command: string, more = '') => ({
  'skypanel.toml': `[[cron]]\nname = "job"\nschedule = "${schedule}"\ncommand = "${command}"\n${more}`,
})
const make = (schedule: string, command: string, more = '') =>
  apps.make({ files: toml(schedule, command, more) })
type App = Awaited<ReturnType<typeof make>>
const runs = (app: App) => app.call<CronRun[]>('GET', '/cron/runs')

/** Looks as several servers at once would. */
async function look(times: number): Promise<void> {
  using bus = createBus(platform.db)
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const settings = {
    memoryOvercommit: 8,
    logsSocket: join(platform.home, 'run/logs/logs.sock'),
  } as DeploySettings
  const seal = createSealer(await readKeys(join(platform.home, 'keys', 'master.key')))
  const ctx = { db: platform.db, newId, seal, bus, log, settings }
  const now = await databaseNow(platform.db)
  await Promise.all(Array.from({ length: times }, () => runDue(ctx, now)))
}

/** As if nobody had looked for so many minutes. */
async function away(app: App, minutes: number): Promise<void> {
  await platform.db.query(
    `UPDATE cron_entries SET seen_until = date_trunc('minute', now()) - make_interval(mins => $2, secs => 1) WHERE app_id = $1`,
    [app.id, minutes],
  )
}

const log = async (app: App): Promise<string[]> =>
  (await app.call<{ process: string; text: string }[]>('GET', '/logs/lines?source=skypanel')).map(
    ({ process, text }) => `${process}: ${text}`,
  )

describe('an entry of the schedule', () => {
  it('is listed with its next run, and run now on request, with what became of it', async () => {
    const app = await make('0 3 1 1 *', 'fake exit=0')
    const [entry] = await app.call<CronEntry[]>('GET', '/cron')
    expect(entry).toMatchObject({
      name: 'job',
      command: 'fake exit=0',
      size: 'standard-1x',
      overlap: 'skip',
      from: 'skypanel.toml',
      last_run: null,
    })
    expect(entry?.next_run).toMatch(/^\d{4}-01-01T03:00:00/)
    expect(await app.call('POST', '/cron/job/run', {})).toMatchObject({
      outcome: 'running',
      process: 'cron.1',
    })
    const last = await until(
      'it has ended',
      async () => (await runs(app)).find(({ outcome }) => outcome !== 'running') ?? null,
    )
    expect(last).toMatchObject({ outcome: 'succeeded', process: 'cron.1', reason: 'Exited with status 0' })
    await until('the log tells of it', async () => {
      const lines = await log(app)
      return ['Starting process with command `fake exit=0`', 'Process exited with status 0'].every((text) =>
        lines.includes(`cron.1: ${text}`),
      )
    })
    expect(await app.call('POST', '/cron/none/run', {})).toMatchObject({ id: 'not_found' })
  })

  it('shows a run that failed as that', async () => {
    const app = await make('0 3 1 1 *', 'fake exit=4 print=no_luck')
    await app.call('POST', '/cron/job/run', {})
    const last = await until(
      'it has failed',
      async () =>
        (await app.call<CronEntry[]>('GET', '/cron')).find((one) => one.last_run?.outcome === 'failed') ??
        null,
    )
    expect(last.last_run?.reason).toBe('Exited with status 4')
  })

  it('is started once for a due time, though several servers look at once, and what passed before is missed', async () => {
    const app = await make('* * * * *', 'fake')
    await look(1)
    await away(app, 4)
    await look(6)
    const all = await runs(app)
    expect(all.filter(({ outcome }) => outcome === 'running')).toHaveLength(1)
    const [missed] = all.filter(({ outcome }) => outcome === 'missed')
    expect(missed?.reason).toMatch(/^the platform was away at that time and at [34] before it$/)
    const rows = await platform.db.query(
      `SELECT id FROM instances WHERE app_id = $1 AND run->>'cron' = 'job'`,
      [app.id],
    )
    expect(rows).toHaveLength(1)
  })

  it('is not started while the run before goes on, also by a server that was restarted, and says so', async () => {
    const app = await make('* * * * *', 'fake')
    await look(1)
    await away(app, 2)
    await look(1)
    await until('it runs', async () =>
      (await app.instances()).some(({ name, state }) => name === 'cron.1' && state === 'ready'),
    )
    await platform.stopServer()
    await away(app, 2)
    await platform.db.query(`DELETE FROM cron_runs WHERE app_id = $1 AND outcome = 'missed'`, [app.id])
    await platform.db.query(`UPDATE cron_runs SET due_at = due_at - interval '1 hour' WHERE app_id = $1`, [
      app.id,
    ])
    await platform.startServer()
    const skipped = await until(
      'it is skipped',
      async () => (await runs(app)).find(({ outcome }) => outcome === 'skipped') ?? null,
    )
    expect(skipped).toMatchObject({ process: null, reason: 'the run before, cron.1, still goes on' })
    expect(await app.call('POST', '/cron/job/run', {})).toMatchObject({ id: 'conflict' })
    await until('the log tells of it', async () =>
      (await log(app)).includes('cron: job: skipped, the run before, cron.1, still goes on'),
    )
  })

  it('may overlap where it says so', async () => {
    const app = await make('0 3 1 1 *', 'fake', 'overlap = "allow"\n')
    for (const process of ['cron.1', 'cron.2'])
      expect(await app.call('POST', '/cron/job/run', {})).toMatchObject({ process })
  })

  it('whose time is long over is missed, not run', async () => {
    const then = new Date(Date.now() - 30 * 60_000)
    const app = await make(`${then.getUTCMinutes()} ${then.getUTCHours()} * * *`, 'fake')
    await look(1)
    await away(app, 60)
    await look(1)
    expect(await runs(app)).toMatchObject([
      { outcome: 'missed', process: null, reason: 'the platform was away at that time' },
    ])
  })

  it('goes with the release: a rollback to one without it ends it', async () => {
    const app = await apps.make({})
    await app.push({ files: toml('@daily', 'fake') })
    expect(await app.call('GET', '/cron')).toHaveLength(1)
    const back = await app.call<{ deployment: string }>('POST', '/rollback', { version: 1, formation: false })
    await app.ended(back.deployment)
    expect(await app.call('GET', '/cron')).toEqual([])
  })

  it('that cannot be understood rejects the push', async () => {
    const app = await apps.make()
    const { code, text } = await app.push({ files: toml('61 * * * *', 'fake') })
    expect(code).not.toBe(0)
    expect(text).toContain('"61" is no minute')
    expect((await app.push({ files: toml('@daily', 'fake', 'size = "huge"\n') })).text).toContain(
      'there is no size "huge"',
    )
  })
})

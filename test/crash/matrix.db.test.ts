import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CrashPoint } from '../../server/deploy/crash-points.ts'
import { git } from '../support/git-server.ts'
import {
  fakeApp,
  openCheckout,
  startFakePlatform,
  until,
  type Checkout,
  type FakePlatform,
} from '../support/fake-platform.ts'

/**
 * Kills the server, or the agent, at every point of the journal that a deploy, scaling, rollback or destruction
 * passes, and looks at what is left once they are back: all of it done, exactly once, and nothing besides.
 */
/** `:n` is the n-th time that a point is passed, where it is not the first. */
type Point = CrashPoint | `${CrashPoint}:${number}`

const STARTS = ['start.journaled', 'launch.done'] as const
const STOPS = [
  'drain.journaled',
  'drain.done',
  'stop.journaled',
  'stop.done',
  'forget.journaled',
  'forget.done',
] as const
const step = <Name extends string>(...names: Name[]) =>
  names.flatMap((name) => [`${name}.entered`, `${name}.done`] as const)

const scenarios: Readonly<Record<string, readonly Point[]>> = {
  deploy: [
    'push.taken',
    ...step('export', 'plan', 'build', 'release', 'release-phase', 'rollout'),
    ...STARTS,
    // The first that is launched is the release command.
    'launch.done:2',
    'complete.journaled',
    ...step('ref', 'finish'),
    ...STOPS,
  ],
  'failing deploy': [...STARTS, 'abandon.journaled', 'reject.journaled', 'forget.journaled', 'forget.done'],
  'scale up': [...STARTS, 'wishes.done'],
  'scale down': [...STOPS, 'wishes.done'],
  rollback: [...step('turn', 'rollout', 'finish'), ...STARTS, 'complete.journaled', ...STOPS],
  destroy: [
    ...step('stop-all', 'forget-builds', 'forget-node', 'forget-repo', 'forget-logs', 'remove'),
    ...STOPS,
  ],
}

interface Row {
  readonly version: number
  readonly state: string
}

let platform: FakePlatform
const checkouts: Checkout[] = []
const recoveries: number[] = []
let count = 0

beforeAll(async () => {
  platform = await startFakePlatform()
}, 120_000)
afterAll(async () => {
  recoveries.sort((a, b) => a - b)
  const at = (share: number) => Math.round(recoveries[Math.floor((recoveries.length - 1) * share)] ?? 0)
  console.log(
    `${recoveries.length} recoveries: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms from the return of the killed process`,
  )
  for (const { remove } of checkouts) await remove()
  await platform[Symbol.asyncDispose]()
})

/** An app with v1 live, scaled as the scenario begins. */
async function prepare(scenario: string) {
  count += 1
  const app = await platform.createApp(`crash-${count}`)
  const work = await openCheckout(app.remote)
  checkouts.push(work)
  const path = `/apps/${app.name}`
  await work.change(fakeApp({ note: `one ${count}`, release: 'fake exit=0' }))
  expect(await work.push()).toMatchObject({ code: 0 })
  const quantity = scenario === 'scale down' ? 2 : 1
  if (quantity === 2)
    await platform.api('PATCH', `${path}/formation`, { updates: [{ type: 'web', quantity }] })
  if (scenario === 'rollback') {
    await work.change(fakeApp({ note: `two ${count}`, release: 'fake exit=0' }))
    await work.push()
  }
  await quiet(app.id, quantity)
  const act = async (): Promise<unknown> => {
    switch (scenario) {
      case 'deploy':
        await work.change(fakeApp({ note: `next ${count}`, release: 'fake exit=0' }))
        return work.push()
      case 'failing deploy':
        await work.change(fakeApp({ note: `bad ${count}`, web: 'fake never-ready exit=3 after=50ms' }))
        return work.push()
      case 'rollback':
        return platform.api('POST', `${path}/rollback`, { version: 1 })
      case 'destroy':
        return platform.api('DELETE', `${path}?confirm=${app.name}`)
      default:
        return platform.api('PATCH', `${path}/formation`, {
          updates: [{ type: 'web', quantity: scenario === 'scale up' ? 2 : 1 }],
        })
    }
  }
  return { ...app, work, act, path }
}
type Prepared = Awaited<ReturnType<typeof prepare>>

/** Nothing of the app is under way, and `quantity` instances are ready. */
async function quiet(app: string, quantity: number) {
  await until('the app is at rest', async () => {
    const open = await platform.db.query(
      `SELECT id FROM deployments WHERE app_id = $1 AND state IN ('queued', 'running') UNION ALL SELECT id FROM jobs WHERE app_id = $1 AND state <> 'done'`,
      [app],
    )
    const rows = await platform.db.query<{ status: string; phase: string }>(
      `SELECT status, phase FROM instances WHERE app_id = $1 AND phase <> 'ended'`,
      [app],
    )
    return (
      open.length === 0 &&
      rows.length === quantity &&
      rows.every(({ status, phase }) => status === 'ready' && phase === 'started')
    )
  })
}

/** What must be true of every app that is at rest. */
async function checkInvariants(app: Prepared) {
  const releases = await platform.db.query<Row & { live: boolean }>(
    `SELECT releases.version, releases.state, apps.current_release_id = releases.id AS live FROM releases JOIN apps ON apps.id = app_id WHERE app_id = $1 ORDER BY version`,
    [app.id],
  )
  expect(releases.filter(({ state }) => state === 'live').map(({ version }) => version)).toEqual(
    releases.filter(({ live }) => live).map(({ version }) => version),
  )
  const current = releases.find(({ live }) => live)?.version
  const rows = await platform.db.query<{ id: string; version: number }>(
    `SELECT instances.id, releases.version FROM instances JOIN releases ON releases.id = release_id WHERE instances.app_id = $1 AND phase <> 'ended' ORDER BY instances.id`,
    [app.id],
  )
  expect(rows.map(({ version }) => version)).toEqual(rows.map(() => current))
  // No instance on the node that the database does not know, and none the other way round, as soon as both have talked.
  const ids = rows.map(({ id }) => id).join()
  await until('node and database agree', async () => {
    const seen = (await platform.observed(app.id)).map(({ id }) => id as string)
    return seen.sort().join() === ids
  })
  const phases = await platform.db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM instances WHERE app_id = $1 AND kind = 'release' GROUP BY deployment_id`,
    [app.id],
  )
  expect(phases.every(({ count: times }) => times === 1)).toBe(true)
  const lines = await platform.db.query<{ build_id: string; ok: boolean }>(
    'SELECT build_id, max(seq) = count(*) AS ok FROM build_lines JOIN builds ON builds.id = build_id WHERE app_id = $1 GROUP BY build_id',
    [app.id],
  )
  expect(lines.every(({ ok }) => ok)).toBe(true)
  return { releases, current }
}

/** `lost`: the release command was cut off, and nobody can know how far it came: the deploy fails, cleanly. */
async function expectDone(scenario: string, app: Prepared, lost = false) {
  if (scenario === 'destroy') {
    await until(
      'the app is gone',
      async () => (await platform.db.query('SELECT FROM apps WHERE id = $1', [app.id])).length === 0,
    )
    expect(await platform.observed(app.id)).toEqual([])
    expect(existsSync(join(platform.home, 'git', `${app.id}.git`))).toBe(false)
    return
  }
  await until('the outcome', async () => {
    const wanted = { deploy: 2, 'failing deploy': 2, rollback: 3, 'scale up': 1, 'scale down': 1 }[scenario]
    const [row] = await platform.db.query<{ version: number }>(
      'SELECT max(version) AS version FROM releases WHERE app_id = $1',
      [app.id],
    )
    return row?.version === wanted
  })
  await quiet(app.id, scenario === 'scale up' ? 2 : 1)
  const { releases, current } = await checkInvariants(app)
  const expected = {
    deploy: lost ? ['live', 'failed'] : ['superseded', 'live'],
    'failing deploy': ['live', 'failed'],
    rollback: ['superseded', 'superseded', 'live'],
    'scale up': ['live'],
    'scale down': ['live'],
  }[scenario]
  expect(releases.map(({ state }) => state)).toEqual(expected)
  expect(current).toBe((expected?.indexOf('live') ?? 0) + 1)
  const head = (await git(app.work.folder, 'rev-parse', 'HEAD')).text.trim()
  const branch = (
    await git(join(platform.home, 'git', `${app.id}.git`), 'rev-parse', 'refs/heads/main')
  ).text.trim()
  if (scenario === 'failing deploy' || lost) expect(branch).not.toBe(head)
  else expect(branch).toBe(head)
}

for (const [scenario, points] of Object.entries(scenarios)) {
  describe(`a ${scenario}`, () => {
    it.each(points)(
      'is done exactly once when the server is killed at %s',
      { timeout: 120_000 },
      async (point) => {
        const app = await prepare(scenario)
        await platform.stopServer()
        await platform.startServer({ SKYPANEL_CRASH_AT: point })
        const acting = app.act().catch(() => null)
        await until('the server killed itself', () => !platform.isServerRunning(), 30_000)
        const died = performance.now()
        await platform.startServer()
        const back = performance.now()
        await expectDone(scenario, app)
        recoveries.push(performance.now() - Math.max(died, back))
        await acting
      },
    )

    it.each(points)(
      'is done exactly once when the agent is killed at %s',
      { timeout: 120_000 },
      async (point) => {
        const app = await prepare(scenario)
        await platform.stopServer()
        await platform.startServer({
          SKYPANEL_CRASH_AT: `${point.includes(':') ? point : `${point}:1`}:stop`,
        })
        const acting = app.act().catch(() => null)
        await until('the server stopped itself', () => platform.isServerStopped(), 30_000)
        await platform.stopAgent('SIGKILL')
        await platform.startAgent()
        platform.continueServer()
        const back = performance.now()
        await expectDone(scenario, app, scenario === 'deploy' && point === 'launch.done')
        recoveries.push(performance.now() - back)
        await acting
      },
    )
  })
}

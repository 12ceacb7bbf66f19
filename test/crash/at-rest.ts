import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Db } from '../../server/store/db.ts'
import { until } from '../support/fake-platform.ts'
import { git } from '../support/git-server.ts'
import type { AnyScenario } from './scenarios.ts'

/** A platform as the crash tests look into it. */
export interface World {
  readonly db: Db
  /** Folder of the repositories. */
  readonly git: string
  /** What the agent knows of an app's instances. */
  observed(app: string): Promise<readonly { readonly id: string }[]>
}

export interface CrashedApp {
  readonly id: string
  /** Where it is pushed from. */
  readonly folder: string
}

interface Row {
  readonly version: number
  readonly state: string
}

/**
 * Nothing of the app is under way, and `quantity` instances are ready. The node knows no others: an instance that has
 * ended is off the books a moment before its node is told to forget it.
 */
export async function quiet(world: World, app: string, quantity: number): Promise<void> {
  const { db } = world
  await until('the app is at rest', async () => {
    const open = await db.query(
      `SELECT id FROM deployments WHERE app_id = $1 AND state IN ('queued', 'running') UNION ALL SELECT id FROM jobs WHERE app_id = $1 AND state <> 'done'`,
      [app],
    )
    const rows = await db.query<{ id: string; status: string; phase: string }>(
      `SELECT id, status, phase FROM instances WHERE app_id = $1 AND phase <> 'ended' ORDER BY id`,
      [app],
    )
    const seen = (await world.observed(app)).map(({ id }) => id)
    return (
      open.length === 0 &&
      rows.length === quantity &&
      rows.every(({ status, phase }) => status === 'ready' && phase === 'started') &&
      seen.sort().join() === rows.map(({ id }) => id).join()
    )
  })
}

/** What must be true of every app that is at rest. */
async function checkInvariants(world: World, app: string) {
  const { db } = world
  const releases = await db.query<Row & { live: boolean }>(
    `SELECT releases.version, releases.state, apps.current_release_id = releases.id AS live FROM releases JOIN apps ON apps.id = app_id WHERE app_id = $1 ORDER BY version`,
    [app],
  )
  expect(releases.filter(({ state }) => state === 'live').map(({ version }) => version)).toEqual(
    releases.filter(({ live }) => live).map(({ version }) => version),
  )
  const current = releases.find(({ live }) => live)?.version
  const rows = await db.query<{ version: number }>(
    `SELECT releases.version FROM instances JOIN releases ON releases.id = release_id WHERE instances.app_id = $1 AND phase <> 'ended'`,
    [app],
  )
  expect(rows.map(({ version }) => version)).toEqual(rows.map(() => current))
  const phases = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM instances WHERE app_id = $1 AND kind = 'release' GROUP BY deployment_id`,
    [app],
  )
  expect(phases.every(({ count: times }) => times === 1)).toBe(true)
  const lines = await db.query<{ build_id: string; ok: boolean }>(
    'SELECT build_id, max(seq) = count(*) AS ok FROM build_lines JOIN builds ON builds.id = build_id WHERE app_id = $1 GROUP BY build_id',
    [app],
  )
  expect(lines.every(({ ok }) => ok)).toBe(true)
  return { releases, current }
}

/** How each scenario leaves the app's releases, in order of their numbers. */
const LEFT: Readonly<Record<Exclude<AnyScenario, 'destroy'>, readonly string[]>> = {
  deploy: ['superseded', 'live'],
  upload: ['superseded', 'live'],
  'failing deploy': ['live', 'failed'],
  'scale up': ['live'],
  'scale down': ['live'],
  config: ['superseded', 'live'],
  rollback: ['superseded', 'superseded', 'live'],
  switch: ['superseded', 'live'],
  'way back': ['superseded', 'superseded', 'live'],
  'back out': ['superseded', 'superseded', 'live'],
}

/**
 * Whether the newest release's command was cut off by the death of its node's agent: nobody can know how far it came,
 * so its deployment fails, cleanly, and the release before goes on.
 */
async function wasCutOff({ db }: World, app: string): Promise<boolean> {
  const found = await db.query(
    `SELECT FROM instances JOIN releases ON releases.id = release_id
      WHERE instances.app_id = $1 AND instances.kind = 'release' AND instances.exit->>'reason' = 'lost'
        AND releases.version = (SELECT max(version) FROM releases WHERE app_id = $1)`,
    [app],
  )
  return found.length > 0
}

const givenUp = (left: readonly string[]) => [...left.slice(0, -2), 'live', 'failed']

export async function expectDone(world: World, scenario: AnyScenario, app: CrashedApp): Promise<void> {
  const repository = join(world.git, `${app.id}.git`)
  if (scenario === 'destroy') {
    await until(
      'the app is gone',
      async () => (await world.db.query('SELECT FROM apps WHERE id = $1', [app.id])).length === 0,
    )
    expect(await world.observed(app.id)).toEqual([])
    expect(existsSync(repository)).toBe(false)
    return
  }
  const count = LEFT[scenario].length
  await until('the outcome', async () => {
    const [row] = await world.db.query<{ version: number }>(
      'SELECT max(version) AS version FROM releases WHERE app_id = $1',
      [app.id],
    )
    return row?.version === count
  })
  await quiet(world, app.id, scenario === 'scale up' ? 2 : 1)
  const { releases, current } = await checkInvariants(world, app.id)
  const lost = await wasCutOff(world, app.id)
  const left = lost ? givenUp(LEFT[scenario]) : LEFT[scenario]
  expect(releases.map(({ state }) => state)).toEqual(left)
  expect(current).toBe(left.indexOf('live') + 1)
  const head = (await git(app.folder, 'rev-parse', 'HEAD')).text.trim()
  const branch = (await git(repository, '-c', 'safe.directory=*', 'rev-parse', 'refs/heads/main')).text.trim()
  if (scenario === 'failing deploy' || (lost && scenario === 'deploy')) expect(branch).not.toBe(head)
  else expect(branch).toBe(head)
}

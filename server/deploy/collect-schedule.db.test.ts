import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { collectBuilds } from '../build/collect-builds.ts'
import { newId } from '../context.ts'
import { AppId } from '../contract/ids.ts'
import { createBus } from './bus.ts'
import { askForCollection, ENOUGH } from './collect-schedule.ts'
import type { DeployContext } from './deploy-context.ts'

const KEEP = 5
let api: TestApi
let app: AppId
beforeAll(async () => {
  api = await startApi()
  app = AppId.parse((await api.call('POST', '/api/apps', { body: { name: 'shop' } })).body.id)
})
afterAll(() => api[Symbol.asyncDispose]())

/** A release with a build of its own, live at once unless `serving` stays where it is. */
async function deploy(version: number, serves: boolean): Promise<string> {
  const [build, release] = [randomUUID(), randomUUID()]
  await api.db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO builds (id, app_id, state, commit_sha, ref, old_sha, author, stack, artifact)
       VALUES ($1, $2, 'succeeded', repeat('a', 40), 'main', '', 'ada', 's', '{}')`,
      [build, app],
    )
    await tx.query(
      `INSERT INTO releases (id, app_id, version, state, build_id, kind, description, author, process_types, config)
       VALUES ($1, $2, $3, 'live', $4, 'push', '', 'ada', '{}', '{}')`,
      [release, app, version, build],
    )
    if (serves) await tx.query('UPDATE apps SET current_release_id = $2 WHERE id = $1', [app, release])
  })
  return build
}

it('500 deploys never leave more on the disk than what is kept and one collection’s worth, and never lose what serves', async () => {
  const disk = new Set<string>()
  const settings = { keepReleases: KEEP, storeBudget: null }
  const node = {
    call: async (_: string, { keep }: { keep: readonly string[] }) => {
      for (const build of disk) if (!keep.includes(build)) disk.delete(build)
      return { unrooted: 0, freedMb: 0 }
    },
  }
  // Only what a collection asks for; the rest of a context would be idle here.
  const ctx = {
    db: api.db,
    newId,
    settings,
    node,
    bus: createBus(api.db),
    git: { sweep: async () => 0 },
    log: { info: () => undefined, warn: () => undefined },
  } as unknown as DeployContext
  const serving = await deploy(1, true)
  disk.add(serving)
  let most = 0
  for (let version = 2; version <= 500; version++) {
    // The one that serves is an old release: somebody rolled back, and went on pushing what did not go live.
    disk.add(await deploy(version, false))
    most = Math.max(most, disk.size)
    if (!(await askForCollection(ctx))) continue
    expect(await askForCollection(ctx, true)).toBe(false)
    await collectBuilds(ctx)
    await api.db.query(`UPDATE jobs SET state = 'done' WHERE kind = 'collect'`)
  }
  expect(most).toBeLessThanOrEqual(KEEP + 1 + ENOUGH)
  expect(disk.has(serving)).toBe(true)
}, 120_000)

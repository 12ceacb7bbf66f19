import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { lockOf } from '../../buildpacks/inventory/resolve.ts'
import { withDatabase } from '../../test/support/postgres.ts'
import { deploySettings } from '../deploy/settings.ts'
import { testConfig } from '../../test/support/api.ts'
import type { AppId } from '../contract/ids.ts'
import { remember } from '../store/build-cache.ts'
import { type Db, openDb } from '../store/db.ts'
import { migrate } from '../store/migrate.ts'
import { planLines } from './output.ts'
import { planSource, TOOLS_KEY } from './plan-source.ts'

const APP = '0193b2c4-5d6e-7f80-9a1b-000000000001' as AppId

let database: Awaited<ReturnType<typeof withDatabase>>
let db: Db
let home: string
/** What the registry offers; it changes as registries do. */
let offered: readonly string[]
const registry = createServer((request, response) => {
  const versions = request.url?.includes('npm') === true ? ['10.9.0'] : offered
  const of = (version: string) => [
    version,
    { dist: { tarball: `http://x/${version}.tgz`, integrity: 'sha512-x' } },
  ]
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ versions: Object.fromEntries(versions.map(of)) }))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  database = await withDatabase({
    key: 'migrated',
    prepare: async (url) =>
      void (await migrate({ url, folder: fileURLToPath(new URL('../../migrations', import.meta.url)) })),
  })
  db = openDb({ url: database.url })
  await db.query(`INSERT INTO teams (id, name) VALUES ($1, 'ada')`, [APP])
  await db.query(`INSERT INTO apps (id, name, team_id, stack) VALUES ($1, 'shop', $1, 'skypanel-13')`, [APP])
})
afterAll(async () => {
  registry.close()
  await db[Symbol.asyncDispose]()
  await database.close()
})

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'skypanel-lock-'))
  offered = ['22.20.0', '22.21.0']
  await db.query('DELETE FROM build_cache')
  const { port } = registry.address() as AddressInfo
  await writeFile(
    join(home, 'registries.json'),
    JSON.stringify({
      npm: { registry: `http://127.0.0.1:${port}/` },
      pip: { indexUrl: null, extraIndexUrls: [] },
      go: { proxy: null, sumdb: null },
      apt: { archive: 'http://x', security: null },
      caBundle: '/x',
    }),
  )
  return () => rm(home, { recursive: true, force: true })
})

let asked = 0
/** Plans the app as a build does; the list of versions is never taken from an earlier one. */
async function plan(node: string, upgrade = false) {
  asked += 1
  const settings = {
    ...deploySettings(testConfig(home, ''), 1),
    inventoryCache: join(home, `cache-${asked}`),
  }
  await writeFile(join(home, 'package.json'), JSON.stringify({ name: 'shop', engines: { node } }))
  await writeFile(join(home, 'index.js'), '')
  const result = await planSource({ db, settings }, APP, home, {}, upgrade)
  if (!result.ok) throw new Error(result.message)
  await remember(db, APP, TOOLS_KEY, lockOf(result.plan))
  return {
    node: result.plan.tools.find(({ name }) => name === 'node')?.version,
    text: planLines(result.plan, result.locked).join('\n'),
  }
}

it('an app keeps its versions while the registry gets newer ones, and the log says so', async () => {
  const first = await plan('22.x')
  expect(first.node).toBe('22.21.0')
  expect(first.text).toContain('node 22.21.0 (22.x in package.json#engines.node)')
  offered = ['22.20.0', '22.21.0', '22.22.0']
  const second = await plan('22.x')
  expect(second.node).toBe('22.21.0')
  expect(second.text).toContain('node 22.21.0 (22.x in package.json#engines.node, locked)')
})

it('an app gets newer versions when it asks for something else', async () => {
  await plan('22.x')
  offered = ['22.20.0', '22.21.0', '22.22.0']
  expect((await plan('>=22.20 <23')).node).toBe('22.22.0')
})

it('an app gets newer versions when its owner asks for them, and keeps those', async () => {
  await plan('22.x')
  offered = ['22.20.0', '22.21.0', '22.22.0']
  const upgraded = await plan('22.x', true)
  expect(upgraded.node).toBe('22.22.0')
  expect(upgraded.text).not.toContain('locked')
  offered = ['22.20.0', '22.21.0', '22.22.0', '22.23.0']
  expect((await plan('22.x')).node).toBe('22.22.0')
})

it('a version that the registry took back is not held on to', async () => {
  await plan('22.x')
  offered = ['22.20.0']
  expect((await plan('22.x')).node).toBe('22.20.0')
})

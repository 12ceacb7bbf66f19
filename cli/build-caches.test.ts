import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { buildCacheEndpoints } from '../server/contract/build-caches.ts'
import { ApiServer } from '../test/support/api-server.ts'
import { bundleInto, CliBench } from '../test/support/cli.ts'

vi.setConfig({ testTimeout: 30_000 })

const bundle = new CliBench('')
let api: ApiServer
let bench: CliBench
beforeAll(async () => {
  api = await ApiServer.start()
  bench = new CliBench(await bundleInto(bundle.folder), {
    SKYPANEL_HOST: api.origin,
    SKYPANEL_TOKEN: 'good',
    SKYPANEL_APP: 'shop',
  })
})
afterAll(async () => {
  bench[Symbol.dispose]()
  bundle[Symbol.dispose]()
  await api.stop()
})

it('the caches of builds are shown with what they take', async () => {
  api.on(buildCacheEndpoints.list, () => [
    { name: 'npm', branch: null, mb: 120, used_at: '2026-11-21T10:00:00.000Z' },
    { name: 'next', branch: 'main', mb: 30, used_at: '2026-11-21T10:00:00.000Z' },
  ])
  const { code, stdout } = await bench.run(['builds:cache'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/npm +all branches +120 MB/)
  expect(stdout).toMatch(/next +main +30 MB/)
})

it('a purge tells what it freed and what it means', async () => {
  api.on(buildCacheEndpoints.purge, () => ({ freed_mb: 150 }))
  const { code, stderr } = await bench.run(['builds:cache:purge'])
  expect(code).toBe(0)
  expect(stderr).toContain('150 MB freed')
})

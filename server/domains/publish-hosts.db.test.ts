import { mkdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Directory, openDirectory } from '../../runtime/directory/directory.ts'
import { feedServer } from '../../runtime/directory/feed-server.ts'
import { listenUnix } from '../../runtime/directory/listen.ts'
import { nothingTold } from '../../runtime/directory/tables.ts'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { publishHosts } from './publish-hosts.ts'

let api: TestApi
let directory: Directory
let server: Server
beforeAll(async () => {
  api = await startApi()
  const folder = `${api.deps.config.home}/directory`
  await mkdir(folder)
  directory = openDirectory({
    told: nothingTold,
    folder,
    edge: '127.77.0.1',
    ownHosts: [],
    now: () => performance.now(),
  })
  server = feedServer(directory, () => undefined)
  await listenUnix(server, api.deps.config.paths.directorySocket)
})
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await api[Symbol.asyncDispose]()
})

const until = async (check: () => boolean) => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('the directory', () => {
  it('hears of apps, domains and maintenance as they change', async () => {
    await api.call('POST', '/api/apps', { body: { name: 'early' } })
    await using publisher = publishHosts(api.deps, 7, () => undefined)
    await publisher.publish()
    expect(directory.look('early.skypanel.localhost')).toMatchObject({
      state: 'no-instance',
      app: 'early',
      expects: false,
    })
    await api.call('POST', '/api/apps', { body: { name: 'shop' } })
    await api.call('POST', '/api/apps/shop/domains', { body: { hostname: 'shop.example.org' } })
    await until(() => directory.known('shop.example.org') && directory.known('shop.skypanel.localhost'))
    await api.call('PATCH', '/api/apps/shop', { body: { maintenance: true } })
    await until(() => directory.look('shop.example.org').state === 'maintenance')
    await api.call('DELETE', '/api/apps/shop/domains/shop.example.org')
    await until(() => !directory.known('shop.example.org'))
    await api.call('DELETE', '/api/apps/shop?confirm=shop')
    await until(() => !directory.known('shop.skypanel.localhost'))
  })

  it('refuses a server that was replaced, and the server hears of it', async () => {
    let replaced = 0
    await using publisher = publishHosts(api.deps, 6, () => (replaced += 1))
    await expect(publisher.publish()).rejects.toThrow(/409/)
    await until(() => replaced > 0)
  })
})

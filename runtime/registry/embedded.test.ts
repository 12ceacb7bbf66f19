import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { registered, registrySuite } from '../../test/support/registry-suite.ts'
import { openDirectory } from '../directory/directory.ts'
import { feedServer } from '../directory/feed-server.ts'
import { listenUnix } from '../directory/listen.ts'
import { loadTold } from '../directory/snapshot.ts'
import { embeddedRegistry } from './embedded.ts'

const servers: Server[] = []
const folders: string[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function serve(folder: string): Promise<Server> {
  const told = await loadTold(folder, () => undefined)
  const directory = openDirectory({ told, folder, edge: '127.77.0.1', ownHosts: [], now: Date.now })
  const server = feedServer(directory, (message) => {
    throw new Error(message)
  })
  await listenUnix(server, join(folder, 'run', 'directory.sock'))
  servers.push(server)
  return server
}
async function make() {
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-embedded-'))
  folders.push(folder)
  await serve(folder)
  return { folder, registry: embeddedRegistry(join(folder, 'run', 'directory.sock')) }
}

describe('the embedded registry', () => {
  registrySuite(async () => (await make()).registry)

  test('while the directory is away it says so, and a watcher keeps what it had and goes on afterwards', async () => {
    const { folder, registry } = await make()
    await registry.publish('one', [registered(1)])
    const stop = new AbortController()
    const seen: number[] = []
    const changed = new Promise<void>((resolve) => {
      void registry.watch((set) => {
        seen.push(set.length)
        if (set.length === 2) resolve()
      }, stop.signal)
    })
    await registry.publish('one', [registered(1)])
    const [server] = servers.splice(0)
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
    await expect(registry.publish('one', [])).rejects.toThrow(/the directory does not answer at/)
    expect(await registry.ping()).toMatchObject({ ok: false })
    await serve(folder)
    await registry.publish('one', [registered(1), registered(2)])
    await changed
    stop.abort()
    expect(seen).not.toContain(0)
  })
})

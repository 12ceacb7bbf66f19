import { request } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunFrame } from '../contract/runs.ts'
import { frameReader, hookFrame } from '../git/hook-frames.ts'
import type { Build, Deployment, Release } from '../contract/releases.ts'
import type { Formation, Instance } from '../contract/formation.ts'
import {
  fakeApp,
  openCheckout,
  startFakePlatform,
  until,
  type Checkout,
  type FakePlatform,
} from '../../test/support/fake-platform.ts'

let platform: FakePlatform
const checkouts: Checkout[] = []
let count = 0

beforeAll(async () => {
  platform = await startFakePlatform()
}, 120_000)
afterAll(async () => {
  for (const { remove } of checkouts) await remove()
  await platform[Symbol.asyncDispose]()
})

async function newApp(files?: Parameters<typeof fakeApp>[0]) {
  count += 1
  const app = await platform.createApp(`shop-${count}`)
  const work = await openCheckout(app.remote)
  checkouts.push(work)
  const path = `/apps/${app.name}`
  const made = {
    ...app,
    work,
    push: async (what: Parameters<typeof fakeApp>[0]) => {
      await work.change(fakeApp({ note: String(Math.random()), ...what }))
      return work.push()
    },
    instances: () => platform.api<Instance[]>('GET', `${path}/instances`),
    releases: () => platform.api<Release[]>('GET', `${path}/releases`),
    builds: () => platform.api<Build[]>('GET', `${path}/builds`),
    deployment: (id: string) => platform.api<Deployment>('GET', `${path}/deployments/${id}`),
    async ended(id: string) {
      return until('the deployment ends', async () => {
        const now = await made.deployment(id)
        return now.finished_at !== null && now
      })
    },
    call: <T>(method: string, rest: string, body?: unknown) => platform.api<T>(method, path + rest, body),
    /** What serves: the releases of the ready instances. */
    serving: async () =>
      (await made.instances())
        .filter(({ state }) => state === 'ready')
        .map(({ type, release }) => `${type} v${release}`),
  }
  if (files !== undefined) expect(await made.push(files)).toMatchObject({ code: 0 })
  return made
}

describe('a push', () => {
  it('builds, boots and goes live, and says so in the pusher’s terminal', async () => {
    const app = await newApp()
    const { code, text } = await app.push({ web: 'fake', build: { lines: ['compiling'] } })
    expect(text).toContain('remote: -----> Building on the skypanel-13 stack')
    expect(text).toContain('compiling')
    expect(text).toContain('-----> Discovering process types')
    expect(text).toContain('Released v1')
    expect(text).toContain(`http://${app.name}.skypanel.localhost:8080 deployed to SkyPanel`)
    expect(code).toBe(0)
    expect(await app.serving()).toEqual(['web v1'])
    expect(await app.releases()).toMatchObject([
      { version: 1, state: 'live', process_types: { web: 'fake' }, kept: true, author: 'ada@example.org' },
    ])
    expect(await app.builds()).toMatchObject([{ state: 'succeeded', release: 1 }])
  })

  it('replaces the old instances by new ones', async () => {
    const app = await newApp({ web: 'fake' })
    expect(await app.push({ web: 'fake ready=100ms' })).toMatchObject({ code: 0 })
    expect(await app.serving()).toEqual(['web v2'])
    expect((await app.releases()).map(({ version, state }) => [version, state])).toEqual([
      [2, 'live'],
      [1, 'superseded'],
    ])
  })

  it('of a broken build is rejected with its last lines, and the old release goes on', async () => {
    const app = await newApp({ web: 'fake' })
    const { code, text } = await app.push({ build: { lines: ['one'], fail: 'npm ERR! missing script' } })
    expect(code).not.toBe(0)
    expect(text).toContain('npm ERR! missing script')
    expect(text).toContain('!     Push rejected:')
    expect(await app.serving()).toEqual(['web v1'])
    expect(await app.builds()).toMatchObject([{ state: 'failed' }, { state: 'succeeded' }])
    expect(await app.releases()).toHaveLength(1)
  })

  it('of an app that exits at boot is rejected with its exit code and last lines', async () => {
    const app = await newApp({ web: 'fake' })
    const { code, text } = await app.push({ web: 'fake print=Cannot_find_module exit=3 never-ready' })
    expect(code).not.toBe(0)
    expect(text).toContain('the app crashed at boot. Exited with status 3')
    expect(text).toContain('Cannot find module')
    expect(await app.serving()).toEqual(['web v1'])
    expect(await app.releases()).toMatchObject([
      { version: 2, state: 'failed' },
      { version: 1, state: 'live' },
    ])
  })

  it('of an app that never listens is rejected after the boot timeout, with what to do', async () => {
    const app = await newApp({ web: 'fake' })
    const { code, text } = await app.push({ web: 'fake never-ready' })
    expect(code).not.toBe(0)
    expect(text).toContain('the app did not become ready')
    expect(text).toContain('listen on $PORT')
    expect(await app.serving()).toEqual(['web v1'])
  })

  it('whose release command fails is rejected before any instance of it starts', async () => {
    const app = await newApp({ web: 'fake' })
    const { code, text } = await app.push({ web: 'fake', release: 'fake print=relation_exists exit=1' })
    expect(code).not.toBe(0)
    expect(text).toContain('the release command failed. Exited with status 1')
    expect(text).toContain('relation exists')
    expect(await app.serving()).toEqual(['web v1'])
  })

  it('runs the release command once before it goes live', async () => {
    const app = await newApp({ web: 'fake' })
    const { code, text } = await app.push({ web: 'fake', release: 'fake print=migrated exit=0' })
    expect(text).toContain('-----> Running release command...')
    expect(text).toContain('migrated')
    expect(code).toBe(0)
    expect(await app.serving()).toEqual(['web v2'])
  })

  it('with a binary Procfile is rejected clearly', async () => {
    const app = await newApp()
    await app.work.change({ 'index.html': 'x', Procfile: 'web: \0\u0001\u0002\0' })
    const { code, text } = await app.work.push()
    expect(code).not.toBe(0)
    expect(text).toMatch(/Push rejected:.*Procfile/)
  })

  it('waits for the one before it, says so, and never goes live beside it', async () => {
    const app = await newApp()
    const second = await openCheckout(app.remote)
    checkouts.push(second)
    await app.work.change(fakeApp({ note: 'one', build: { seconds: 1 } }))
    await second.change(fakeApp({ note: 'two' }))
    const first = app.work.push()
    await until('the first build runs', async () =>
      (await app.builds()).some(({ state }) => state === 'running'),
    )
    const [one, two] = await Promise.all([first, second.push()])
    expect(one.code).toBe(0)
    expect(two.code).not.toBe(0)
    expect(two.text).toContain('Waiting for another push to finish')
    expect(two.text).toContain('was moved by another push meanwhile')
    expect(await app.releases()).toHaveLength(1)
  })

  it('can be canceled while it builds, leaves nothing, and is told', async () => {
    const app = await newApp()
    await app.work.change(fakeApp({ build: { seconds: 60 } }))
    const pushing = app.work.push()
    const build = await until(
      'the build runs',
      async () => (await app.builds()).find(({ state }) => state === 'running') ?? null,
    )
    await app.call('DELETE', `/builds/${build.id}`)
    const { code, text } = await pushing
    expect(code).not.toBe(0)
    expect(text).toContain('canceled')
    expect(await app.builds()).toMatchObject([{ state: 'canceled' }])
    expect(await app.push({ web: 'fake' })).toMatchObject({ code: 0 })
  })

  it('that waits can be canceled before it begins', async () => {
    const app = await newApp()
    const second = await openCheckout(app.remote)
    checkouts.push(second)
    await app.work.change(fakeApp({ build: { seconds: 2 } }))
    await second.change(fakeApp({ note: 'two' }))
    const first = app.work.push()
    await until('the first build runs', async () =>
      (await app.builds()).some(({ state }) => state === 'running'),
    )
    const waiting = second.push()
    const build = await until(
      'the second waits',
      async () => (await app.builds()).find(({ state }) => state === 'pending') ?? null,
    )
    expect(await app.call('DELETE', `/builds/${build.id}`)).toMatchObject({ state: 'canceled' })
    expect((await waiting).code).not.toBe(0)
    expect((await first).code).toBe(0)
  })
})

describe('what runs', () => {
  it('follows the quantities that are asked for', async () => {
    const app = await newApp({ web: 'fake', worker: 'fake' })
    expect(
      await app.call<Formation[]>('PATCH', '/formation', {
        updates: [
          { type: 'web', quantity: 3 },
          { type: 'worker', quantity: 1 },
        ],
      }),
    ).toMatchObject([
      { type: 'web', quantity: 3 },
      { type: 'worker', quantity: 1 },
    ])
    await until(
      'three and one are ready',
      async () => (await app.serving()).join() === 'web v1,web v1,web v1,worker v1',
    )
    expect((await app.instances()).map(({ name }) => name)).toEqual(['web.1', 'web.2', 'web.3', 'worker.1'])
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 1 }] })
    await until(
      'one is left',
      async () => (await app.instances()).map(({ name }) => name).join() === 'web.1,worker.1',
    )
    expect(
      await app.call('PATCH', '/formation', { updates: [{ type: 'clock', quantity: 1 }] }),
    ).toMatchObject({ id: 'process_type_unknown' })
    expect(
      await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 1, size: 'huge' }] }),
    ).toMatchObject({ id: 'invalid_params' })
  })

  it('is replaced by a restart, of everything or of one instance', async () => {
    const app = await newApp({ web: 'fake' })
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 2 }] })
    await until('two are ready', async () => (await app.serving()).length === 2)
    const before = (await app.instances()).map(({ id }) => id)
    const one = await app.call<{ deployment: string }>('POST', '/restart', { instance: 'web.2' })
    expect(await app.ended(one.deployment)).toMatchObject({ state: 'succeeded', kind: 'restart' })
    const after = (await app.instances()).filter(({ state }) => state === 'ready').map(({ id }) => id)
    expect(after.filter((id) => before.includes(id))).toEqual([before[0]])
    const all = await app.call<{ deployment: string }>('POST', '/restart', {})
    expect(await app.ended(all.deployment)).toMatchObject({ state: 'succeeded' })
    expect(
      (await app.instances()).filter(({ state }) => state === 'ready').some(({ id }) => after.includes(id)),
    ).toBe(false)
  })

  it('is started again after a crash, ever more slowly, and tells when', async () => {
    const app = await newApp({ web: 'fake exit=7 after=700ms' })
    const next = /^Exited with status 7; next try at \d\d:\d\d:\d\d UTC$/
    await until('the next try is told', async () =>
      (await app.instances()).some(({ state, reason }) => state === 'crashed' && next.test(reason ?? '')),
    )
    await until('it was restarted twice', async () =>
      (await app.instances()).some(({ restarts }) => restarts >= 2),
    )
  })

  it('takes new config vars with a new release, and keeps the old when the app does not boot with them', async () => {
    const app = await newApp({ web: 'fake print-env=COLOUR' })
    const set = await app.call<{ release: number; deployment: string }>('PATCH', '/config-vars', {
      COLOUR: 'red',
    })
    expect(set.release).toBe(2)
    expect(await app.ended(set.deployment)).toMatchObject({ state: 'succeeded', release: 2 })
    expect(await app.serving()).toEqual(['web v2'])
  })

  it('can be rolled back to code, config and process types of an older release', async () => {
    const app = await newApp()
    await app.call('PATCH', '/config-vars', { COLOUR: 'red' })
    await app.push({ web: 'fake' })
    const set = await app.call<{ deployment: string }>('PATCH', '/config-vars', { COLOUR: 'blue', SIZE: 'L' })
    await app.ended(set.deployment)
    await app.push({ web: 'fake ready=10ms', worker: 'fake' })
    const back = await app.call<{ release: Release; deployment: string }>('POST', '/rollback', {
      version: 1,
      formation: false,
    })
    expect(back.release).toMatchObject({
      version: 4,
      description: 'Rollback to v1',
      process_types: { web: 'fake' },
    })
    expect(await app.ended(back.deployment)).toMatchObject({ state: 'succeeded', release: 4 })
    expect(await app.serving()).toEqual(['web v4'])
    expect(await app.call('GET', '/config-vars')).toEqual({ COLOUR: 'red' })
    const again = await app.call<{ release: Release; deployment: string }>('POST', '/rollback', {
      formation: false,
    })
    expect(again.release.description).toBe('Rollback to v3')
    expect(await app.call('POST', '/rollback', { version: 77, formation: false })).toMatchObject({
      id: 'release_not_found',
    })
  })

  it('is told apart from nothing: without a release there is nothing to scale, restart, run or roll back', async () => {
    const app = await newApp()
    expect(await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 1 }] })).toMatchObject({
      id: 'no_release',
    })
    expect(await app.call('POST', '/restart', {})).toMatchObject({ id: 'no_release' })
    expect(await app.call('POST', '/rollback', {})).toMatchObject({ id: 'no_release' })
    expect(await app.call('POST', '/runs', { command: 'ls' })).toMatchObject({ id: 'no_release' })
  })

  it('ends with its app, of which nothing is left', async () => {
    const app = await newApp({ web: 'fake' })
    await platform.api('DELETE', `/apps/${app.name}?confirm=${app.name}`)
    await until(
      'the app is gone',
      async () =>
        (await platform.api('GET', `/apps/${app.name}`)).id === 'app_not_found' &&
        (await platform.db.query('SELECT FROM apps WHERE name = $1', [app.name])).length === 0,
    )
    expect(await platform.db.query('SELECT id FROM instances WHERE app_id = $1', [app.id])).toEqual([])
    expect((await app.work.push()).text).toContain('skypanel create')
  })
})

describe('a one-off', () => {
  /** Attaches as the CLI does; resolves with what came back and how it ended. */
  function attach(path: string, input: string) {
    return new Promise<{ output: string; exit: string }>((resolve, reject) => {
      const asked = request(`${platform.base}/api${path}`, {
        headers: {
          authorization: `Bearer ${platform.token}`,
          connection: 'Upgrade',
          upgrade: 'skypanel-run',
        },
      })
      asked.once('error', reject)
      asked.once('response', (reply) => reject(new Error(`no upgrade: ${reply.statusCode ?? 0}`)))
      asked.once('upgrade', (_, socket: Socket, head: Buffer) => {
        const read = frameReader()
        let output = ''
        const take = (data: Buffer) => {
          for (const { type, payload } of read(data)) {
            if (type === RunFrame.exit) resolve({ output, exit: payload.toString() })
            else output += payload.toString()
          }
        }
        socket.on('data', take)
        socket.on('error', reject)
        take(head)
        socket.write(hookFrame(RunFrame.stdin, input))
      })
      asked.end()
    })
  }

  it('answers who is attached to it, and tells how it ended', async () => {
    const app = await newApp({ web: 'fake' })
    const run = await app.call<{ name: string; attach_path: string }>('POST', '/runs', {
      command: 'fake echo exit=5 after=1s',
    })
    expect(run.name).toBe('run.1')
    const { output, exit } = await attach(run.attach_path, 'hello')
    expect(output).toContain('hello')
    expect(JSON.parse(exit)).toMatchObject({ code: 5 })
  })

  it('that runs detached takes the config and is gone when it ended', async () => {
    const app = await newApp({ web: 'fake' })
    await app.call('POST', '/runs', { command: 'fake exit=0', attach: false, env: { EXTRA: '1' } })
    await until('it ended', async () => (await app.instances()).every(({ type }) => type !== 'run'))
  })
})

describe('old builds', () => {
  it('are collected beyond those that are kept, and can then not be rolled back to', async () => {
    await platform.stopServer()
    await platform.startServer({ SKYPANEL_KEEP_RELEASES: '2' })
    const app = await newApp({ web: 'fake' })
    await app.push({ web: 'fake' })
    await app.push({ web: 'fake' })
    await platform.db.query(`INSERT INTO jobs (id, kind) VALUES (gen_random_uuid(), 'collect')`)
    await until('the oldest is collected', async () => (await app.releases()).some(({ kept }) => !kept))
    expect((await app.releases()).map(({ version, kept }) => [version, kept])).toEqual([
      [3, true],
      [2, true],
      [1, false],
    ])
    expect(await app.call('POST', '/rollback', { version: 1 })).toMatchObject({ id: 'release_collected' })
    const back = await app.call<{ deployment: string }>('POST', '/rollback', { version: 2 })
    expect(await app.ended(back.deployment)).toMatchObject({ state: 'succeeded' })
    await platform.stopServer()
    await platform.startServer()
  })
})

describe('a restart of the server', () => {
  it('in the middle of a build lets the build go on, and its release goes live', async () => {
    const app = await newApp({ web: 'fake' })
    await app.work.change(fakeApp({ note: 'slow', build: { seconds: 3 } }))
    const pushing = app.work.push()
    await until('it builds', async () => (await app.builds()).some(({ state }) => state === 'running'))
    await platform.stopServer('SIGKILL')
    await platform.startServer()
    await pushing
    await until('it is live', async () => (await app.serving()).join() === 'web v2')
    const [build] = await app.builds()
    expect(build).toMatchObject({ state: 'succeeded', release: 2 })
    await until('the branch names it', async () =>
      (await app.work.push()).text.includes('Everything up-to-date'),
    )
  })
})

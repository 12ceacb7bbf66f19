import { request } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Formation } from '../contract/formation.ts'
import type { Release } from '../contract/releases.ts'
import { RunFrame } from '../contract/runs.ts'
import { frameReader, hookFrame } from '../git/hook-frames.ts'
import { fakeApp, startFakePlatform, until, type FakePlatform } from '../../test/support/fake-platform.ts'
import { pushedApps, type PushedApps } from '../../test/support/pushed-apps.ts'

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

describe('what runs', () => {
  it('follows the quantities that are asked for', async () => {
    const app = await apps.make({ web: 'fake', worker: 'fake' })
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
    const app = await apps.make({ web: 'fake' })
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 2 }] })
    await until('two are ready', async () => (await app.serving()).length === 2)
    const before = (await app.instances()).map(({ id }) => id)
    const one = await app.call<{ deployment: string }>('POST', '/restart', { instance: 'web.2' })
    expect(await app.ended(one.deployment)).toMatchObject({ state: 'succeeded', kind: 'restart' })
    const ready = async () => (await app.instances()).filter(({ state }) => state === 'ready')
    const after = (await ready()).map(({ id }) => id)
    expect(after.filter((id) => before.includes(id))).toEqual([before[0]])
    expect((await ready()).map(({ name }) => name)).toEqual(['web.1', 'web.2'])
    const all = await app.call<{ deployment: string }>('POST', '/restart', {})
    expect(await app.ended(all.deployment)).toMatchObject({ state: 'succeeded' })
    expect(
      (await app.instances()).filter(({ state }) => state === 'ready').some(({ id }) => after.includes(id)),
    ).toBe(false)
  })

  it('is started again after a crash, ever more slowly, and tells when', async () => {
    const app = await apps.make({ web: 'fake exit=7 after=700ms' })
    const next = /^Exited with status 7; next try at \d\d:\d\d:\d\d UTC$/
    await until('the next try is told', async () =>
      (await app.instances()).some(({ state, reason }) => state === 'crashed' && next.test(reason ?? '')),
    )
    await until('it was restarted twice', async () =>
      (await app.instances()).some(({ restarts }) => restarts >= 2),
    )
  })

  it('keeps its number however quickly releases follow one another', async () => {
    const app = await apps.make({ web: 'fake' })
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 2 }] })
    await until('two are ready', async () => (await app.serving()).length === 2)
    for (const ROUND of ['1', '2', '3', '4']) {
      const set = await app.call<{ deployment: string }>('PATCH', '/config-vars', { ROUND })
      expect(await app.ended(set.deployment)).toMatchObject({ state: 'succeeded' })
      const serving = (await app.instances()).filter(({ state }) => state === 'ready')
      expect(serving.map(({ name }) => name)).toEqual(['web.1', 'web.2'])
    }
    const all = await app.call<{ deployment: string }>('POST', '/restart', {})
    expect(await app.ended(all.deployment)).toMatchObject({ state: 'succeeded' })
    const names = (await app.instances()).filter(({ state }) => state === 'ready').map(({ name }) => name)
    expect(names).toEqual(['web.1', 'web.2'])
  })

  it('takes new config vars with a new release', async () => {
    const app = await apps.make({ web: 'fake print-env=COLOUR' })
    const set = await app.call<{ release: number; deployment: string }>('PATCH', '/config-vars', {
      COLOUR: 'red',
    })
    expect(set.release).toBe(2)
    expect(await app.ended(set.deployment)).toMatchObject({ state: 'succeeded', release: 2 })
    expect(await app.serving()).toEqual(['web v2'])
  })

  it('can be rolled back to code, config and process types of an older release', async () => {
    const app = await apps.make()
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
    const app = await apps.make()
    expect(await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 1 }] })).toMatchObject({
      id: 'no_release',
    })
    expect(await app.call('POST', '/restart', {})).toMatchObject({ id: 'no_release' })
    expect(await app.call('POST', '/rollback', {})).toMatchObject({ id: 'no_release' })
    expect(await app.call('POST', '/runs', { command: 'ls' })).toMatchObject({ id: 'no_release' })
  })

  it('ends with its app, of which nothing is left', async () => {
    const app = await apps.make({ web: 'fake' })
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
    const app = await apps.make({ web: 'fake' })
    const run = await app.call<{ name: string; attach_path: string }>('POST', '/runs', {
      command: 'fake echo exit=5 after=5s',
    })
    expect(run.name).toBe('run.1')
    const { output, exit } = await attach(run.attach_path, 'hello')
    expect(output).toContain('hello')
    expect(JSON.parse(exit)).toMatchObject({ code: 5 })
  })

  it('is not needed for a command inside of an instance that runs, which is audited without what it was given', async () => {
    const app = await apps.make({ web: 'fake' })
    const ask = (instance: string, command: string | null) =>
      app.call<{ id: string; instance: string; attach_path: string }>('POST', `/instances/${instance}/exec`, {
        command,
      })
    const exec = await ask('web.1', 'fake print=inside exit=6 s3cret')
    expect(exec.instance).toBe('web.1')
    const { output, exit } = await attach(exec.attach_path, '')
    expect(output).toBe('inside\n')
    expect(JSON.parse(exit)).toEqual({ code: 6 })
    await expect(attach(exec.attach_path, '')).rejects.toThrow('409')
    expect(await ask('web.7', null)).toMatchObject({ id: 'not_found' })
    const [line] = await platform.db.query(
      `SELECT actor, target, detail FROM audit WHERE action = 'instance.exec' AND app_id = $1`,
      [app.id],
    )
    expect(line).toMatchObject({
      target: app.name,
      detail: { instance: 'web.1', program: 'fake', pty: false },
    })
    expect(JSON.stringify(line)).not.toContain('s3cret')
    const other = await apps.make()
    const foreign = exec.attach_path.replace(app.id, other.id)
    await expect(attach(foreign, '')).rejects.toThrow('404')
  })

  it('that runs detached takes the config and is gone when it ended', async () => {
    const app = await apps.make({ web: 'fake' })
    await app.call('POST', '/runs', { command: 'fake exit=0', attach: false, env: { EXTRA: '1' } })
    await until('it ended', async () => (await app.instances()).every(({ type }) => type !== 'run'))
  })
})

describe('old builds', () => {
  it('are collected beyond those that are kept, and can then not be rolled back to', async () => {
    await platform.stopServer()
    await platform.startServer({ SKYPANEL_KEEP_RELEASES: '2' })
    const app = await apps.make({ web: 'fake' })
    await app.push({ web: 'fake' })
    await app.push({ web: 'fake' })
    // What still runs keeps its build.
    await until('only the newest runs', async () => (await app.instances()).length === 1)
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
    const app = await apps.make({ web: 'fake' })
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

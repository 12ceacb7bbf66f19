import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

describe('a push', () => {
  it('builds, boots and goes live, and says so in the pusher’s terminal', async () => {
    const app = await apps.make()
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
    const app = await apps.make({ web: 'fake' })
    expect(await app.push({ web: 'fake ready=100ms' })).toMatchObject({ code: 0 })
    expect(await app.serving()).toEqual(['web v2'])
    expect((await app.releases()).map(({ version, state }) => [version, state])).toEqual([
      [2, 'live'],
      [1, 'superseded'],
    ])
  })

  it('of a broken build is rejected with its last lines, and the old release goes on', async () => {
    const app = await apps.make({ web: 'fake' })
    const { code, text } = await app.push({ build: { lines: ['one'], fail: 'npm ERR! missing script' } })
    expect(code).not.toBe(0)
    expect(text).toContain('npm ERR! missing script')
    expect(text).toContain('!     Push rejected:')
    expect(await app.serving()).toEqual(['web v1'])
    expect(await app.builds()).toMatchObject([{ state: 'failed' }, { state: 'succeeded' }])
    expect(await app.releases()).toHaveLength(1)
  })

  it('of an app that exits at boot is rejected with its exit code and last lines', async () => {
    const app = await apps.make({ web: 'fake' })
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
    const app = await apps.make({ web: 'fake' })
    const { code, text } = await app.push({ web: 'fake never-ready' })
    expect(code).not.toBe(0)
    expect(text).toContain('the app did not become ready')
    expect(text).toContain('listen on $PORT')
    expect(await app.serving()).toEqual(['web v1'])
  })

  it('whose release command fails is rejected before any instance of it starts', async () => {
    const app = await apps.make({ web: 'fake' })
    const { code, text } = await app.push({ web: 'fake', release: 'fake print=relation_exists exit=1' })
    expect(code).not.toBe(0)
    expect(text).toContain('the release command failed. Exited with status 1')
    expect(text).toContain('relation exists')
    expect(await app.serving()).toEqual(['web v1'])
  })

  it('runs the release command once before it goes live', async () => {
    const app = await apps.make({ web: 'fake' })
    const { code, text } = await app.push({ web: 'fake', release: 'fake print=migrated exit=0' })
    expect(text).toContain('-----> Running release command...')
    expect(text).toContain('migrated')
    expect(code).toBe(0)
    expect(await app.serving()).toEqual(['web v2'])
  })

  it('with a binary Procfile is rejected clearly', async () => {
    const app = await apps.make()
    await app.work.change({ 'index.html': 'x', Procfile: 'web: \0\u0001\u0002\0' })
    const { code, text } = await app.work.push()
    expect(code).not.toBe(0)
    expect(text).toMatch(/Push rejected:.*Procfile/)
  })

  it('waits for the one before it, says so, and never goes live beside it', async () => {
    const app = await apps.make()
    const second = await apps.checkout(app.remote)
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

  it('of a commit that another push brings meanwhile says that there is nothing left to do', async () => {
    const app = await apps.make()
    await app.work.change(fakeApp({ note: 'one', build: { seconds: 1 } }))
    const first = app.work.push()
    await until('the first build runs', async () =>
      (await app.builds()).some(({ state }) => state === 'running'),
    )
    const [one, two] = await Promise.all([first, app.work.push()])
    expect(one.code).toBe(0)
    expect(two.text).toContain('has this commit already')
  })

  it('can be canceled while it builds, leaves nothing, and is told', async () => {
    const app = await apps.make()
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
    const app = await apps.make()
    const second = await apps.checkout(app.remote)
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

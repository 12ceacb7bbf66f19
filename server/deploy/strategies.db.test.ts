import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReleaseEvent } from '../contract/deploys.ts'
import type { Deployment } from '../contract/releases.ts'
import { startFakePlatform, until, type FakePlatform } from '../../test/support/fake-platform.ts'
import { pushedApps, type PushedApps } from '../../test/support/pushed-apps.ts'

let platform: FakePlatform
let apps: PushedApps

beforeAll(async () => {
  // Long enough that no machine is too slow for it.
  platform = await startFakePlatform({ SKYPANEL_BOOT_TIMEOUT: '60' })
  apps = pushedApps(platform)
}, 120_000)
afterAll(async () => {
  await apps.remove()
  await platform[Symbol.asyncDispose]()
})

type App = Awaited<ReturnType<PushedApps['make']>>

/** An app with v1 live on `web` instances, deployed by `strategy` from then on. */
async function make(strategy: object, web = 2, files = { web: 'fake' }): Promise<App> {
  const app = await apps.make(files)
  await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: web }] })
  await until('all are ready', async () => (await app.serving()).length === web)
  await app.call('PATCH', '/deploy-strategy', strategy)
  return app
}

const running = (app: App) =>
  until('it is rolled out', async () => {
    const [first] = await app.call<Deployment[]>('GET', '/deployments')
    return first?.state === 'running' && first.step === 'rollout' && first
  })
const waitsFor = (app: App, what: Deployment['waits_for']) =>
  until(`it waits for ${what}`, async () => {
    const [first] = await app.call<Deployment[]>('GET', '/deployments')
    return first?.waits_for === what && first
  })
const steer = (app: App, how: string) =>
  app.call<Deployment>('POST', `/deployments/current/${how}`, {}) as Promise<
    Deployment & { message?: string }
  >
const events = async (app: App, version: number) =>
  (await app.call<ReleaseEvent[]>('GET', `/releases/${version}/events`)).map(({ text }) => text)
/** All that the app has, whatever it does: type, release and state. */
const everything = async (app: App) =>
  (await app.instances()).map(({ type, release, state }) => `${type} v${release} ${state}`).sort()
/** Which releases the router may send requests to. */
async function routed(app: App): Promise<string[]> {
  const rows = await platform.db.query<{ version: number }>(
    `SELECT releases.version FROM instances JOIN releases ON releases.id = release_id WHERE instances.app_id = $1
        AND instances.kind = 'service' AND type = 'web' AND phase = 'started' AND status = 'ready' AND NOT held ORDER BY 1`,
    [app.id],
  )
  return rows.map(({ version }) => `v${version}`)
}
const quiet = (app: App, what: readonly string[]) =>
  until(`only ${what.join(', ')}`, async () => (await everything(app)).join() === what.join())

describe('a strategy', () => {
  it('is rolling unless somebody says otherwise, and refuses what could not be followed', async () => {
    const app = await apps.make({ web: 'fake' })
    expect(await app.call('GET', '/deploy-strategy')).toMatchObject({
      strategy: 'rolling',
      max_surge: null,
      max_unavailable: 0,
    })
    expect(await app.call('PATCH', '/deploy-strategy', { max_surge: 0 })).toMatchObject({
      id: 'invalid_params',
    })
    expect(await app.call('PATCH', '/deploy-strategy', { max_surge: 0, max_unavailable: 1 })).toMatchObject({
      strategy: 'rolling',
      max_surge: 0,
      max_unavailable: 1,
    })
    expect((await app.push({ web: 'fake' })).code).toBe(0)
    expect(await app.serving()).toEqual(['web v2'])
  })

  it('recreate ends everything old before the first new one starts', async () => {
    const app = await make({ strategy: 'recreate' })
    const both: string[] = []
    const pushing = app.push({ web: 'fake ready=300ms' })
    let over = false
    void pushing.finally(() => (over = true))
    await until('the push ends', async () => {
      // One that has ended may still stand on the books when the first new one is written beside it.
      const alive = (await app.instances()).filter(({ state }) => state !== 'exited')
      const there = new Set(alive.map(({ release }) => release))
      if (there.size > 1) both.push([...there].join())
      return over
    })
    expect(await pushing).toMatchObject({ code: 0 })
    expect(both).toEqual([])
    expect(await app.serving()).toEqual(['web v2', 'web v2'])
    expect(await events(app, 2)).toContain('Everything that is wanted of it is ready: it is live')
  })

  it('recreate brings the old release back when the new one does not boot', async () => {
    const app = await make({ strategy: 'recreate' }, 1)
    const pushed = await app.push({ web: 'fake never-ready exit=1 after=50ms' })
    expect(pushed.code).not.toBe(0)
    await quiet(app, ['web v1 ready'])
  })

  it('blue-green routes nothing of the new before all of it is up, and switches then', async () => {
    const app = await make({ strategy: 'blue-green', keep_seconds: 600 })
    const seen = new Set<string>()
    let over = false
    const pushing = app.push({ web: 'fake ready=400ms' }).finally(() => (over = true))
    await until('the push ends', async () => {
      seen.add((await routed(app)).join())
      return over
    })
    expect(await pushing).toMatchObject({ code: 0 })
    // Both are routed for the moment of the switch; never one new one alone.
    expect(
      [...seen].filter((one) => !['v1,v1', 'v1,v1,v2,v2', 'v1,v2,v2', 'v1,v1,v2', 'v2,v2'].includes(one)),
    ).toEqual([])
    expect(await routed(app)).toEqual(['v2', 'v2'])
    await quiet(app, ['web v1 draining', 'web v1 draining', 'web v2 ready', 'web v2 ready'])
  })

  it('blue-green goes back to the kept instances without a start', async () => {
    const app = await make({ strategy: 'blue-green', keep_seconds: 600 })
    const before = (await app.instances()).map(({ id }) => id).sort()
    await app.push({ web: 'fake' })
    const back = await app.call<{ deployment: string }>('POST', '/rollback', {})
    expect(await app.ended(back.deployment)).toMatchObject({ state: 'succeeded', release: 3 })
    const ready = (await app.instances()).filter(({ state }) => state === 'ready')
    expect(ready.map(({ id }) => id).sort()).toEqual(before)
    expect(await app.serving()).toEqual(['web v3', 'web v3'])
    expect(await events(app, 3)).toContain('Instances that were kept serve again, without a start')
    // A new deploy needs their place.
    await app.push({ web: 'fake' })
    await until('v2 is gone', async () => (await app.instances()).every(({ release }) => release >= 3))
  })

  it('blue-green leaves nothing of a release that does not boot', async () => {
    const app = await make({ strategy: 'blue-green' })
    expect((await app.push({ web: 'fake never-ready exit=1 after=50ms' })).code).not.toBe(0)
    await quiet(app, ['web v1 ready', 'web v1 ready'])
  })

  it('canary stays at its share until it is promoted', async () => {
    const app = await make({ strategy: 'canary', canary_share: 25, canary_seconds: null }, 4)
    const pushing = app.push({ web: 'fake' })
    await waitsFor(app, 'promotion')
    await quiet(app, ['web v1 ready', 'web v1 ready', 'web v1 ready', 'web v2 ready'])
    // A scaling in the middle is followed by both.
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 8 }] })
    await until(
      'both grew',
      async () => (await app.serving()).sort().join() === `${'web v1,'.repeat(6)}web v2,web v2`,
    )
    expect(await steer(app, 'promote')).toMatchObject({ release: 2 })
    const { code, text } = await pushing
    expect(code).toBe(0)
    expect(text).toContain('deploys:promote')
    expect(await app.serving()).toEqual(Array.from({ length: 8 }, () => 'web v2'))
    expect(await events(app, 2)).toEqual(expect.arrayContaining(['Promoted by ada@example.org']))
  })

  it('canary is promoted by itself after its time', async () => {
    const app = await make({ strategy: 'canary', canary_share: 50, canary_seconds: 1 })
    expect((await app.push({ web: 'fake' })).code).toBe(0)
    expect(await app.serving()).toEqual(['web v2', 'web v2'])
    expect(await events(app, 2)).toContain(
      'The canaries were ready for as long as was asked: the rest follows',
    )
  })

  it('canary that crashes is given up, and the others take its place', async () => {
    const app = await make({ strategy: 'canary', canary_share: 50, canary_seconds: null })
    const { code, text } = await app.push({ web: 'fake exit=3 after=1200ms' })
    expect(code).not.toBe(0)
    expect(text).toContain('Exited with status 3')
    await quiet(app, ['web v1 ready', 'web v1 ready'])
  })
})

describe('a deployment that goes on', () => {
  it('stays as it is while it is paused, and goes on when it is resumed', async () => {
    const app = await make({})
    const pushing = app.push({ web: 'fake ready=600ms' })
    await running(app)
    expect(await steer(app, 'pause')).toMatchObject({ waits_for: 'resume' })
    // What was started comes up; nothing old leaves for it.
    await until('the first new one is up', async () => (await app.serving()).includes('web v2'))
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 3 }] })
    await until('three serve', async () => (await app.serving()).length >= 3)
    expect((await app.serving()).filter((one) => one === 'web v1')).toHaveLength(2)
    expect(await steer(app, 'resume')).toMatchObject({ waits_for: null })
    expect((await pushing).code).toBe(0)
    expect(await app.serving()).toEqual(['web v2', 'web v2', 'web v2'])
    expect(await steer(app, 'resume')).toMatchObject({ id: 'conflict' })
  })

  it('can be given up: the push is rejected, and what served before is whole again', async () => {
    const app = await make({ strategy: 'canary', canary_share: 50, canary_seconds: null })
    const pushing = app.push({ web: 'fake' })
    const held = await waitsFor(app, 'promotion')
    expect(await steer(app, 'abort')).toMatchObject({ release: 2 })
    const { code, text } = await pushing
    expect(code).not.toBe(0)
    expect(text).toContain('Aborted by ada@example.org')
    expect(await app.ended(held.id)).toMatchObject({ state: 'canceled' })
    await quiet(app, ['web v1 ready', 'web v1 ready'])
    expect((await app.releases()).map(({ version, state }) => [version, state])).toEqual([
      [2, 'failed'],
      [1, 'live'],
    ])
    expect(await steer(app, 'abort')).toMatchObject({ id: 'conflict' })
  })

  it('makes a config change wait for its turn', async () => {
    const app = await make({ strategy: 'canary', canary_share: 50, canary_seconds: null })
    const pushing = app.push({ web: 'fake' })
    await waitsFor(app, 'promotion')
    const set = await app.call<{ deployment: string }>('PATCH', '/config-vars', { COLOUR: 'red' })
    const waiting = await app.call<Deployment>('GET', `/deployments/${set.deployment}`)
    expect(waiting).toMatchObject({ state: 'queued' })
    await steer(app, 'promote')
    expect((await pushing).code).toBe(0)
    await waitsFor(app, 'promotion')
    await steer(app, 'promote')
    expect(await app.ended(set.deployment)).toMatchObject({ state: 'succeeded' })
    expect(new Set(await app.serving())).toEqual(new Set(['web v3']))
  })

  it('can be given up while it waits for its turn', async () => {
    const app = await make({ strategy: 'canary', canary_share: 50, canary_seconds: null })
    const pushing = app.push({ web: 'fake' })
    await waitsFor(app, 'promotion')
    const set = await app.call<{ deployment: string }>('PATCH', '/config-vars', { COLOUR: 'red' })
    await app.call('POST', `/deployments/${set.deployment}/abort`, {})
    expect(await app.ended(set.deployment)).toMatchObject({ state: 'canceled' })
    await steer(app, 'promote')
    expect((await pushing).code).toBe(0)
  })

  it('can be given up while it is still built', async () => {
    const app = await apps.make({ web: 'fake' })
    const pushing = app.push({ web: 'fake', build: { seconds: 20 } })
    await until('it builds', async () => (await app.builds()).some(({ state }) => state === 'running'))
    await steer(app, 'abort')
    expect((await pushing).code).not.toBe(0)
    expect((await app.call<Deployment[]>('GET', '/deployments'))[0]).toMatchObject({ state: 'canceled' })
    expect(await app.serving()).toEqual(['web v1'])
  })

  it('follows another strategy from the moment that it is chosen', async () => {
    const app = await make({ strategy: 'canary', canary_share: 50, canary_seconds: null })
    const pushing = app.push({ web: 'fake' })
    await waitsFor(app, 'promotion')
    await app.call('PATCH', '/deploy-strategy', { strategy: 'rolling' })
    expect((await pushing).code).toBe(0)
    expect(await app.serving()).toEqual(['web v2', 'web v2'])
  })

  it('goes on where it stood after a restart of the server', async () => {
    const app = await make({ strategy: 'canary', canary_share: 50, canary_seconds: null })
    const pushing = app.push({ web: 'fake' })
    await waitsFor(app, 'promotion')
    await platform.stopServer('SIGKILL')
    await platform.startServer()
    await waitsFor(app, 'promotion')
    await quiet(app, ['web v1 ready', 'web v2 ready'])
    await steer(app, 'promote')
    await until('v2 is live', async () => (await app.serving()).join() === 'web v2,web v2')
    await pushing
  })
})

describe('a release that is watched', () => {
  it('is taken back when it crashes over and over after it went live', async () => {
    const app = await make({ watch_seconds: 600 }, 1)
    expect((await app.push({ web: 'fake exit=9 after=1500ms' })).code).toBe(0)
    await until('v1 is back as v3', async () => (await app.serving()).join() === 'web v3')
    const [newest] = await app.releases()
    expect(newest).toMatchObject({
      version: 3,
      author: 'skypanel',
      description: 'Rollback to v1: web crashed 3 times',
    })
    await until('nothing of v2 is left', async () => (await everything(app)).join() === 'web v3 ready')
    expect(await events(app, 3)).toContain('Asked for by the platform: web crashed 3 times')
  })
})

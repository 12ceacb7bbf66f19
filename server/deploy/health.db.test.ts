import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakePlatform, until, type FakePlatform } from '../../test/support/fake-platform.ts'
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

const checks = (kind: 'readiness' | 'liveness') => ({
  'skypanel.toml': `[health.web.${kind}]\npath = "/up"\ninterval = 1\nfailures = 1\n`,
})

describe('a running instance', () => {
  it('that does not answer its readiness check is out of routing until it does, and is not replaced', async () => {
    const app = await apps.make({ web: 'fake sick=1500ms well=4000ms', files: checks('readiness') })
    const [first] = await app.instances()
    const routed = () =>
      platform.db.query('SELECT FROM instances WHERE id = $1 AND unready IS NULL', [first?.id ?? null])
    const silent = await until(
      'it is out of routing',
      async () => (await app.instances()).find(({ reason }) => reason !== null) ?? null,
    )
    expect(silent).toMatchObject({
      id: first?.id,
      state: 'ready',
      reason: 'Out of routing, its readiness check fails: GET /up on port 5000 was answered with 503',
    })
    expect(await routed()).toEqual([])
    expect(await app.call('GET', '')).toMatchObject({ instances: { wanted: 1, ready: 0 } })
    await until('it is back', async () => (await routed()).length === 1)
    expect(await app.instances()).toMatchObject([
      { id: first?.id, state: 'ready', reason: null, restarts: 0 },
    ])
  })

  it('that fails its liveness check is replaced, and says why with its last words', async () => {
    const app = await apps.make({ web: 'fake sick=1200ms print=last_words', files: checks('liveness') })
    const [first] = await app.instances()
    const crashed = await until(
      'it is told',
      async () =>
        (await app.instances()).find(
          ({ state, reason }) => state === 'crashed' && reason?.includes('next try') === true,
        ) ?? null,
    )
    expect(crashed.reason).toContain(
      'Ended: its liveness check failed: GET /up on port 5000 was answered with 503',
    )
    expect(crashed.exit).toMatchObject({ lines: ['last words'] })
    await until('another one is up', async () =>
      (await app.instances()).some(({ id, state }) => id !== first?.id && state === 'ready'),
    )
  })

  it('keeps its checks with its release: a rollback brings those of the older one back', async () => {
    const app = await apps.make({ files: checks('readiness') })
    const health = async () => {
      const [row] = await platform.db.query<{ health: unknown }>(
        `SELECT plan #> '{release,health,web,readiness,path}' AS health FROM builds
           JOIN releases ON releases.build_id = builds.id JOIN apps ON apps.current_release_id = releases.id WHERE apps.id = $1`,
        [app.id],
      )
      return row?.health
    }
    expect(await health()).toBe('/up')
    await app.push({ files: { 'skypanel.toml': '' } })
    expect(await health()).toBeNull()
    const back = await app.call<{ deployment: string }>('POST', '/rollback', { version: 1, formation: false })
    await app.ended(back.deployment)
    expect(await health()).toBe('/up')
  })

  it('is not made by a push whose checks cannot be understood', async () => {
    const app = await apps.make({})
    const { code, text } = await app.push({ files: { 'skypanel.toml': '[health.web]\npath = "up"\n' } })
    expect(code).not.toBe(0)
    expect(text).toContain('skypanel.toml: health.web.path: begins with a slash')
  })
})

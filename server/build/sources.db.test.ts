import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  fakeApp,
  startFakePlatform,
  until,
  type FakeApp,
  type FakePlatform,
} from '../../test/support/fake-platform.ts'
import { startGitHost, type GitHost } from '../../test/support/git-host.ts'
import { checkout, commit, git } from '../../test/support/git-server.ts'
import { pushedApps, type PushedApps } from '../../test/support/pushed-apps.ts'
import { tar } from '../../test/support/tar.ts'
import { packed, sendUpload } from '../../test/support/upload.ts'
import type { Build, Deployment } from '../contract/releases.ts'

let platform: FakePlatform
let apps: PushedApps
let host: GitHost

beforeAll(async () => {
  host = await startGitHost()
  platform = await startFakePlatform({
    SKYPANEL_SOURCE_HOSTS: new URL(host.url).host,
    SKYPANEL_MAX_PUSH_MB: '1',
  })
  apps = pushedApps(platform)
}, 120_000)
afterAll(async () => {
  await apps.remove()
  await platform[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
})

type App = Awaited<ReturnType<PushedApps['make']>>

const send = (app: App, bytes: Buffer) => sendUpload(platform, app.name, bytes)

/** Begins a build and waits for its end. */
async function build(app: App, body: object) {
  const begun = await app.call<{ build: Build; deployment: string }>('POST', '/builds', body)
  if (begun.message !== undefined) return { refused: begun.message, id: begun.id }
  const deployment = (await app.ended(begun.deployment)) as Deployment
  const done = await app.call<Build>('GET', `/builds/${begun.build.id}`)
  const lines = await app.call<{ text: string }[]>('GET', `/builds/${begun.build.id}/lines`)
  return { deployment, build: done, text: lines.map(({ text }) => text).join('\n') }
}

async function upload(app: App, what: FakeApp, label?: string) {
  const { body } = await send(app, packed(fakeApp(what)))
  return build(app, {
    source: { kind: 'upload', upload: body.id, ...(label === undefined ? {} : { label }) },
  })
}

async function published(name: string, what: FakeApp) {
  const folder = await checkout({ 'README.md': 'x' })
  await commit(folder, fakeApp(what))
  const url = await host.publish(name, folder, 'main')
  const head = (await git(folder, 'rev-parse', 'HEAD')).text.trim()
  return { folder, url, head }
}

describe('an upload', () => {
  it('is built, goes live, and is what the releases show', async () => {
    const app = await apps.make()
    const done = await upload(app, { web: 'fake' }, 'v1.2 of the shop')
    expect(done.deployment).toMatchObject({ kind: 'push', state: 'succeeded', release: 1 })
    expect(done.text).toContain('-----> Taking the upload v1.2 of the shop')
    expect(done.text).toContain('Released v1')
    expect(done.build).toMatchObject({
      state: 'succeeded',
      release: 1,
      source: { kind: 'upload', label: 'v1.2 of the shop' },
    })
    const [release] = await app.releases()
    expect(release?.description).toBe(`Deploy ${done.build?.commit?.slice(0, 8)}: v1.2 of the shop`)
    expect(await app.serving()).toEqual(['web v1'])
  })

  it('moves no branch: the next push goes on where the last one ended', async () => {
    const app = await apps.make({ web: 'fake' })
    expect((await upload(app, { web: 'fake' })).deployment?.state).toBe('succeeded')
    const remote = await git(app.work.folder, 'ls-remote', 'skypanel')
    expect(remote.text.match(/refs\//g)).toHaveLength(1)
    expect(await app.push({ web: 'fake' })).toMatchObject({ code: 0 })
    expect(await app.serving()).toEqual(['web v3'])
  })

  it('whose app crashes leaves what serves alone', async () => {
    const app = await apps.make({ web: 'fake' })
    const done = await upload(app, { web: 'fake never-ready exit=3' })
    expect(done.deployment).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('crashed at boot'),
    })
    expect(await app.serving()).toEqual(['web v1'])
  })

  it('that is hostile is refused before anything is built', async () => {
    const app = await apps.make()
    const evil = gzipSync(tar([{ path: '../../etc/cron.d/x', content: 'x' }]))
    expect(await send(app, evil)).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('leads out') },
    })
    expect(await app.builds()).toEqual([])
  })

  it('that is too large is refused, and the client reads why', async () => {
    const app = await apps.make()
    const noise = Buffer.from(Array.from({ length: 1_600_000 }, (_, at) => (at * 7919 * (at % 251)) % 256))
    const { status, body } = await send(app, gzipSync(tar([{ path: 'noise', content: noise }]), { level: 0 }))
    expect({ status, message: body.message }).toMatchObject({
      status: 413,
      message: expect.stringContaining('larger than 1 MB'),
    })
  })

  it('belongs to its app alone', async () => {
    const [one, other] = [await apps.make(), await apps.make()]
    const { body } = await send(one, packed(fakeApp({})))
    expect(await build(other, { source: { kind: 'upload', upload: body.id } })).toMatchObject({
      id: 'not_found',
    })
  })
})

describe('a git repository elsewhere', () => {
  it('is fetched and deployed, and the release names its commit', async () => {
    const app = await apps.make()
    const { url, head } = await published('shop', { web: 'fake' })
    const done = await build(app, { source: { kind: 'git', url } })
    expect(done.text).toContain(`-----> Fetching HEAD of ${url}`)
    expect(done.deployment).toMatchObject({ state: 'succeeded' })
    expect(await app.releases()).toMatchObject([{ commit: head, state: 'live' }])
    expect(done.build).toMatchObject({ commit: head, source: { kind: 'git', url, ref: 'HEAD' } })
  })

  it('is fetched at a branch, a tag or a commit', async () => {
    const app = await apps.make()
    const { folder, url, head } = await published('refs', { note: 'one' })
    await git(folder, 'tag', '-a', 'v1', '-m', 'one')
    await commit(folder, fakeApp({ note: 'two' }))
    await host.publish('refs', folder, 'main', 'v1')
    for (const ref of ['v1', head]) {
      const done = await build(app, { source: { kind: 'git', url, ref } })
      expect(done.build, done.text).toMatchObject({ commit: head, state: 'succeeded' })
    }
    const missing = await build(app, { source: { kind: 'git', url, ref: 'nowhere' } })
    expect(missing.deployment?.reason).toContain('there is no branch, tag or commit nowhere')
  })

  it('may need a token, which is told to nobody', async () => {
    const app = await apps.make()
    const { url } = await published('private', {})
    host.credentials = 'me:s3cret-t0ken'
    try {
      const refused = await build(app, { source: { kind: 'git', url } })
      expect(refused.deployment?.reason).toContain('asks for a user name and a token')
      const done = await build(app, {
        source: { kind: 'git', url: url.replace('://', '://me:s3cret-t0ken@') },
      })
      expect(done.deployment, done.text).toMatchObject({ state: 'succeeded' })
      expect(JSON.stringify(done)).not.toContain('s3cret')
      const rows = await platform.db.query(
        `SELECT (SELECT jsonb_agg(to_jsonb(b)) FROM builds b)::text || (SELECT jsonb_agg(to_jsonb(a)) FROM audit a)::text
                || (SELECT jsonb_agg(to_jsonb(d)) FROM deployments d)::text AS everything`,
      )
      expect(JSON.stringify(rows)).not.toContain('s3cret')
      expect(platform.output()).not.toContain('s3cret')
      expect(
        await platform.db.query(
          'SELECT id FROM builds WHERE source_secret IS NOT NULL AND commit_sha IS NOT NULL',
        ),
      ).toEqual([])
    } finally {
      host.credentials = null
    }
  })

  it.each([
    ['file:///etc', /only https/],
    ['ext::sh -c id', /character|only https/],
    ['ssh://git@example.com/a.git', /only https/],
    ['http://example.com/a.git', /plain http/],
  ])('at %s is refused at once', async (url, why) => {
    const app = await apps.make()
    const done = await build(app, { source: { kind: 'git', url } })
    expect(done.refused).toMatch(why)
    expect(await app.builds()).toEqual([])
  })

  it.each([
    ['this machine', 'https://127.0.0.1:1/a.git'],
    ['this machine by name', 'https://localhost/a.git'],
    ['a private network', 'https://10.0.0.1/a.git'],
    ['the metadata of a cloud', 'https://169.254.169.254/a.git'],
    ['this machine, in IPv6', 'https://[::1]/a.git'],
    ['this machine, as a number', 'https://2130706433/a.git'],
  ])('in %s is not fetched', async (_, url) => {
    const app = await apps.make()
    const done = await build(app, { source: { kind: 'git', url } })
    expect(done.deployment?.reason).toContain('in a network that sources are not fetched from')
  })

  it('that sends elsewhere by a redirect leads nowhere inside either', async () => {
    const app = await apps.make()
    const { url } = await published('moved', {})
    host.redirect = 'http://localhost:1'
    try {
      const done = await build(app, { source: { kind: 'git', url } })
      expect(done.deployment).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(/plain http|network/),
      })
    } finally {
      host.redirect = null
    }
  })

  it('that is too large is given up', async () => {
    const app = await apps.make()
    const folder = await checkout({ 'README.md': 'x' })
    const noise = Array.from({ length: 400_000 }, (_, at) =>
      ((at * 48_271) % 2_147_483_647).toString(36),
    ).join('')
    await commit(folder, { 'noise.txt': noise })
    const url = await host.publish('large', folder, 'main')
    const done = await build(app, { source: { kind: 'git', url } })
    expect(done.deployment?.reason).toMatch(/larger than 1 MB/)
  })

  it('that never answers is left when the build is canceled, with no program of it left', async () => {
    const app = await apps.make()
    host.silent = true
    try {
      const begun = await app.call<{ build: Build; deployment: string }>('POST', '/builds', {
        source: { kind: 'git', url: `${host.url}/silent.git` },
      })
      const asked = host.asked
      await until('the host is asked', () => host.asked > asked)
      await app.call('DELETE', `/builds/${begun.build.id}`)
      expect(await app.ended(begun.deployment)).toMatchObject({ state: 'canceled' })
      const running = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
      expect(running).not.toContain('silent.git')
    } finally {
      host.silent = false
    }
  })
})

describe('a build once more', () => {
  it('deploys what serves again, without a push', async () => {
    const app = await apps.make({ web: 'fake' })
    const [first] = await app.builds()
    const done = await build(app, { source: { kind: 'build' } })
    expect(done.text).toContain(`-----> Building ${first?.commit?.slice(0, 8)} again`)
    expect(done.build).toMatchObject({
      commit: first?.commit,
      source: { kind: 'rebuild', of: first?.id, upgrade: false },
    })
    expect(await app.serving()).toEqual(['web v2'])
    expect((await app.releases())[0]?.description).toMatch(/^Rebuild [0-9a-f]{8}: /)
  })

  it('takes an earlier build by its id, an upload as well, also when its branch was rewritten', async () => {
    const app = await apps.make({ web: 'fake' })
    const uploaded = await upload(app, { web: 'fake' }, 'from the train')
    const [, pushed] = await app.builds()
    await git(app.work.folder, 'commit', '--amend', '-qm', 'another')
    await git(app.work.folder, 'push', '--force', 'skypanel', 'main')
    for (const before of [uploaded.build, pushed]) {
      const done = await build(app, { source: { kind: 'build', build: before?.id } })
      expect(done.build, done.text).toMatchObject({ commit: before?.commit, state: 'succeeded' })
    }
    expect((await app.releases()).map(({ description }) => description.slice(0, 7))).toContain('Rebuild')
  })

  it('of nothing is refused', async () => {
    const app = await apps.make()
    expect(await build(app, { source: { kind: 'build' } })).toMatchObject({ id: 'no_release' })
    expect(
      await build(app, { source: { kind: 'build', build: '0193b2c4-5d6e-7f80-9a1b-000000000001' } }),
    ).toMatchObject({ id: 'build_not_found' })
  })
})

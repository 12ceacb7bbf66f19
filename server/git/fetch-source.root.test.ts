import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGitHost, type GitHost } from '../../test/support/git-host.ts'
import { checkout, commit, git } from '../../test/support/git-server.ts'
import { tar } from '../../test/support/tar.ts'
import type { AppId, BuildId } from '../contract/ids.ts'
import type { SourceControl } from '../deploy/push-intake.ts'
import { isPublicAddress } from './guarded-proxy.ts'
import { createPushes } from './pushes.ts'
import { ensureRepo, readRef } from './repo.ts'
import { createSourceControl, sourceLimits } from './source-control.ts'
import { sourceRef, sourcesPath } from './sources-repo.ts'

const APP = '0193b2c4-5d6e-7f80-9a1b-000000000001' as AppId
let host: GitHost
let root: string
let control: SourceControl
const folders: string[] = []
beforeAll(async () => {
  host = await startGitHost()
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  host.redirect = null
  host.credentials = null
  root = await mkdtemp(join(tmpdir(), 'skypanel-sources-'))
  folders.push(root)
  control = createSourceControl(root, createPushes(), sourceLimits(1_000_000, [new URL(host.url).host]))
})

const never = new AbortController().signal
let count = 0
const newBuild = () => `0193b2c4-5d6e-7f80-9a1b-${(count += 1).toString().padStart(12, '0')}` as BuildId

async function published(name: string, files: Readonly<Record<string, string>>) {
  const folder = await checkout(files)
  folders.push(folder)
  const url = await host.publish(name, folder, 'main')
  return { folder, url, head: (await git(folder, 'rev-parse', 'HEAD')).text.trim() }
}

const fetchIt = (url: string, ref = 'HEAD', build = newBuild(), credentials: string | null = null) =>
  control.fetch(APP, { build, url, ref, credentials }, never)

describe('a source that is fetched', () => {
  it('is one commit without its history, which a build can be made of', async () => {
    const { folder, url } = await published('one', { 'a.txt': 'one' })
    await commit(folder, { 'a.txt': 'two' })
    await host.publish('one', folder, 'main')
    const head = (await git(folder, 'rev-parse', 'HEAD')).text.trim()
    const build = newBuild()
    expect(await fetchIt(url, 'main', build)).toBe(head)
    const to = join(root, 'out')
    await control.export(APP, { commit: head, ref: sourceRef(build) }, to)
    expect(await readFile(join(to, 'a.txt'), 'utf8')).toBe('two')
    expect((await control.describe(APP, { commit: head, ref: sourceRef(build) })).author).toContain('Ada')
    const log = await git(sourcesPath(root, APP), '-c', 'safe.directory=*', 'rev-list', '--count', head)
    expect(log.text.trim()).toBe('1')
  })

  it('stays the same for its build when the branch moves on', async () => {
    const { folder, url, head } = await published('moves', { 'a.txt': 'one' })
    const build = newBuild()
    expect(await fetchIt(url, 'main', build)).toBe(head)
    await commit(folder, { 'a.txt': 'two' })
    await host.publish('moves', folder, 'main')
    expect(await fetchIt(url, 'main', build)).toBe(head)
    expect(await fetchIt(url, 'main')).not.toBe(head)
  })

  it('may be named by a tag or a commit', async () => {
    const { folder, url, head } = await published('tagged', { 'a.txt': 'one' })
    await git(folder, 'tag', '-a', 'v1', '-m', 'x')
    await commit(folder, { 'a.txt': 'two' })
    await host.publish('tagged', folder, 'main', 'v1')
    expect(await fetchIt(url, 'v1')).toBe(head)
    expect(await fetchIt(url, (await git(folder, 'rev-parse', 'main')).text.trim())).not.toBe(head)
    await expect(fetchIt(url, 'nowhere')).rejects.toThrow(/no branch, tag or commit nowhere/)
    await expect(fetchIt(`${host.url}/none.git`)).rejects.toThrow(/no such repository/)
  })

  it('may need a token, which no error repeats', async () => {
    const { url, head } = await published('private', { 'a.txt': 'one' })
    host.credentials = 'me:s3cret'
    await expect(fetchIt(url)).rejects.toThrow(/asks for a user name and a token/)
    await expect(fetchIt(url, 'HEAD', newBuild(), 'me:wr0ng')).rejects.toThrow(/^(?!.*wr0ng).*token/)
    expect(await fetchIt(url, 'HEAD', newBuild(), 'me:s3cret')).toBe(head)
    host.redirect = host.url
    await expect(fetchIt(url, 'HEAD', newBuild(), 'me:s3cret')).rejects.toThrow(/was not fetched/)
  })

  it.each([
    'https://127.0.0.1:1/a.git',
    'https://localhost/a.git',
    'https://10.0.0.1/a.git',
    'https://169.254.169.254/a.git',
    'https://[::1]/a.git',
    'https://2130706433/a.git',
    'https://0x7f.1/a.git',
  ])('is not fetched from %s', async (url) => {
    await expect(fetchIt(url)).rejects.toThrow(/in a network that sources are not fetched from/)
  })

  it('is not followed to where it must not come from', async () => {
    const { url } = await published('redirected', { 'a.txt': 'one' })
    for (const to of ['http://localhost:1', 'http://169.254.169.254', 'https://127.0.0.1:1']) {
      host.redirect = to
      await expect(fetchIt(url)).rejects.toThrow(/plain http|in a network/)
    }
  })

  it('that is too large is given up', async () => {
    const noise = Array.from({ length: 400_000 }, (_, at) =>
      ((at * 48_271) % 2_147_483_647).toString(36),
    ).join('')
    const { url } = await published('large', { 'noise.txt': noise })
    const build = newBuild()
    await expect(fetchIt(url, 'HEAD', build)).rejects.toThrow(/larger than 1 MB/)
    expect(await control.readRef(APP, sourceRef(build))).toBeNull()
  })

  it('that never comes is left at once when nobody wants it any more', async () => {
    host.silent = true
    try {
      const gone = new AbortController()
      const asked = host.asked
      const fetching = control.fetch(
        APP,
        { build: newBuild(), url: `${host.url}/x.git`, ref: 'HEAD', credentials: null },
        gone.signal,
      )
      while (host.asked === asked) await new Promise((resolve) => setTimeout(resolve, 10))
      gone.abort(new Error('canceled'))
      await expect(fetching).rejects.toThrow('canceled')
    } finally {
      host.silent = false
    }
  })

  it.each(['file:///etc', 'ext::id', 'ssh://x/y', 'http://example.com/a'])('never is %s', (url) => {
    expect(() => control.remote(url, 'main')).toThrow(/refused/)
  })
})

describe('a source that is here', () => {
  it('is kept for a build once more, also after the branch was rewritten', async () => {
    const folder = await checkout({ 'a.txt': 'pushed' })
    folders.push(folder)
    const repo = await ensureRepo(root, APP, 'main')
    await git(folder, 'push', '-q', repo, 'main')
    const head = (await git(folder, 'rev-parse', 'HEAD')).text.trim()
    const build = newBuild()
    expect(await control.keep(APP, build, head)).toBe(true)
    expect(await control.keep(APP, build, head)).toBe(true)
    const to = join(root, 'out')
    await control.export(APP, { commit: head, ref: sourceRef(build) }, to)
    expect(await readFile(join(to, 'a.txt'), 'utf8')).toBe('pushed')
    expect(await control.describe(APP, { commit: head, ref: sourceRef(build) })).toMatchObject({
      subject: expect.any(String),
    })
    expect(await control.keep(APP, newBuild(), 'f'.repeat(40))).toBe(false)
    // Whoever pushes or clones sees nothing of it.
    expect((await git(folder, 'ls-remote', repo)).text).not.toContain('skypanel')
  })

  it('goes when no build needs it, an upload after a day', async () => {
    const { url } = await published('swept', { 'a.txt': 'one' })
    const [wanted, unwanted] = [newBuild(), newBuild()]
    await fetchIt(url, 'HEAD', wanted)
    await fetchIt(url, 'HEAD', unwanted)
    const id = '0193b2c4-5d6e-7f80-9a1b-00000000ffff'
    const archive = Readable.from([tar([{ path: 'a', content: 'x' }])], { objectMode: false })
    const { commit: uploaded } = await control.upload(APP, { id, author: 'Ada <a@b>', archive }, never)
    expect(await control.uploaded(APP, id)).toBe(uploaded)
    await control.sweep([wanted])
    expect(await control.readRef(APP, sourceRef(wanted))).not.toBeNull()
    expect(await control.readRef(APP, sourceRef(unwanted))).toBeNull()
    expect(await control.uploaded(APP, id)).toBe(uploaded)
    const { sweepSources } = await import('./sources-repo.ts')
    await sweepSources(root, new Set([wanted]), Date.now() + 25 * 3600_000)
    expect(await control.uploaded(APP, id)).toBeNull()
    await control.remove(APP)
    expect(await readRef(sourcesPath(root, APP), sourceRef(wanted)).catch(() => null)).toBeNull()
  })
})

it.each([
  ['8.8.8.8', true],
  ['192.169.0.1', true],
  ['2606:4700::1', true],
  ['127.0.0.1', false],
  ['100.64.0.1', false],
  ['168.63.129.16', false],
  ['172.31.255.255', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['ff02::1', false],
  ['::ffff:127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
])('the address %s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})

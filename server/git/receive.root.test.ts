import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import {
  checkout,
  git,
  hooksToTest,
  spawnGit,
  startGitServer,
  type Behaviour,
  type GitServer,
} from '../../test/support/git-server.ts'
import { readRef } from './repo.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

const accept: Behaviour = async () => true

async function serve(
  behaviour: Behaviour,
  options: Parameters<typeof startGitServer>[1] = {},
): Promise<GitServer> {
  const server = await startGitServer(behaviour, options)
  cleanups.push(() => server[Symbol.asyncDispose]())
  return server
}

async function folder(files?: Parameters<typeof checkout>[0]): Promise<string> {
  const made = await checkout(files)
  cleanups.push(() => rm(made, { recursive: true, force: true }))
  return made
}

/** Something that is told by the clock of the machine, not by a count of milliseconds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20)
}

describe.each(await hooksToTest())('a push through $name', ({ nativeFile }) => {
  it('shows the build live and moves the branch when the build is accepted', async () => {
    const server = await serve(
      async (_, say) => {
        say('-----> Building on the skypanel-13 stack')
        await sleep(300)
        say('       ✓ done')
        return true
      },
      { nativeFile },
    )
    const work = await folder()
    const child = spawnGit(work, 'push', server.url, 'main')
    const arrived: { at: number; text: string }[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => arrived.push({ at: Date.now(), text }))
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code).toBe(0)
    const text = arrived.map((part) => part.text).join('')
    expect(text).toContain('remote: -----> Building on the skypanel-13 stack')
    expect(text).toContain('remote:        ✓ done')
    const first = arrived.findIndex((part) => part.text.includes('Building'))
    const last = arrived.findIndex((part) => part.text.includes('done'))
    expect(last).toBeGreaterThan(first)
    expect(await readRef(server.repo, 'refs/heads/main')).toBe(
      (await git(work, 'rev-parse', 'main')).text.trim(),
    )
  })

  it('is rejected with the build’s reason, and the branch stays', async () => {
    const server = await serve(
      async (_, say) => {
        say(' !     Push rejected: npm ci failed')
        return false
      },
      { nativeFile },
    )
    const { code, text } = await git(await folder(), 'push', server.url, 'main')
    expect(code).not.toBe(0)
    expect(text).toContain('Push rejected: npm ci failed')
    expect(text).toContain('pre-receive hook declined')
    expect(await readRef(server.repo, 'refs/heads/main')).toBe(null)
  })

  it('goes on where it was when the server is restarted in the middle of the build', async () => {
    let go: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    const server = await serve(
      async (_, say) => {
        say('one')
        await gate
        say('two')
        return true
      },
      { nativeFile },
    )
    const work = await folder()
    const pushing = git(work, 'push', server.url, 'main')
    await until(() => server.runs().some(({ lines }) => lines.includes('one')))
    await sleep(100)
    await server.restartHooks(300)
    go()
    const { code, text } = await pushing
    expect(text.match(/remote: one/g)).toHaveLength(1)
    expect(text.match(/remote: two/g)).toHaveLength(1)
    expect(code).toBe(0)
  })

  it('tells that other branches, tags and notes are stored without a build', async () => {
    const server = await serve(accept, { nativeFile })
    const work = await folder()
    await git(work, 'tag', 'v1')
    await git(work, 'notes', 'add', '--message', 'seen')
    const { code, text } = await git(
      work,
      'push',
      server.url,
      'main:refs/heads/try',
      'v1',
      'refs/notes/commits',
    )
    expect(code).toBe(0)
    expect(text).toContain('try stored, not built: only main is deployed.')
    expect(text).toContain('v1 stored, not built')
    expect(text).toContain('notes/commits stored, not built')
    expect(text).toContain('git push skypanel try:main')
    expect(server.begun()).toBe(0)
    expect(await readRef(server.repo, 'refs/heads/try')).not.toBe(null)
  })

  it('refuses to delete the deployed branch and says what to do instead', async () => {
    const server = await serve(accept, { nativeFile })
    const work = await folder()
    await git(work, 'push', server.url, 'main')
    const { code, text } = await git(work, 'push', server.url, ':main')
    expect(code).not.toBe(0)
    expect(text).toContain('skypanel destroy')
    expect(await readRef(server.repo, 'refs/heads/main')).not.toBe(null)
  })
})

describe('a push', () => {
  it('is not accepted when the server goes away before it decided and another knows nothing of it', async () => {
    const server = await serve(async (_, say, signal) => {
      say('one')
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      return true
    })
    const pushing = git(await folder(), 'push', server.url, 'main')
    await until(() => server.runs().length > 0)
    server.forget()
    await server.restartHooks(100)
    const { code, text } = await pushing
    expect(code).not.toBe(0)
    expect(text).toContain('Nothing was changed; push again')
    expect(await readRef(server.repo, 'refs/heads/main')).toBe(null)
  })

  it('goes on when its client hangs up after the build has begun, and its commit stays', async () => {
    let finished = false
    let go: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    const server = await serve(async (_, say) => {
      say('one')
      await gate
      finished = true
      return true
    })
    const work = await folder()
    const sha = (await git(work, 'rev-parse', 'main')).text.trim()
    const child = spawnGit(work, 'push', server.url, 'main')
    await until(() => server.runs().some(({ lines }) => lines.includes('one')))
    child.kill('SIGKILL')
    await sleep(100)
    go()
    await until(() => finished)
    await until(async () => (await readRef(server.repo, 'refs/heads/main')) === sha)
    expect((await git(server.repo, 'cat-file', '-t', sha)).text.trim()).toBe('commit')
  })

  it('that is aborted before its hook leaves nothing', async () => {
    const server = await serve(accept)
    const work = await folder()
    await git(work, 'push', server.url, 'main:first')
    const before = await tree(server.repo)
    for (let i = 0; i < 3; i += 1) await abortedPost(server)
    await until(async () =>
      (await readdir(join(server.repo, 'objects'))).every((name) => !name.includes('incoming')),
    )
    expect(await tree(server.repo)).toEqual(before)
    expect((await git(work, 'push', server.url, 'main')).code).toBe(0)
  })

  it('of eight clients at once to eight branches goes through for all of them', async () => {
    const server = await serve(accept)
    const all = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const work = await folder({ 'data.bin': randomBytes(200_000) })
        return git(work, 'push', server.url, `main:refs/heads/branch-${index}`)
      }),
    )
    expect(all.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => 0))
  })

  it('of 100 MB goes through, of more than the limit is refused with what to do', async () => {
    const server = await serve(accept)
    const big = await folder({ 'a.bin': randomBytes(50_000_000), 'b.bin': randomBytes(50_000_000) })
    const plain = ['-c', 'core.compression=0', 'push', server.url] as const
    expect(await git(big, ...plain, 'main')).toMatchObject({ code: 0 })
    const huge = await folder({ 'a.bin': randomBytes(100_000_000), 'b.bin': randomBytes(100_000_000) })
    const { code, text } = await git(huge, ...plain, 'main:huge')
    expect(code).not.toBe(0)
    expect(text).toContain('Push rejected: it is larger than 150 MB.')
    expect(await readRef(server.repo, 'refs/heads/huge')).toBe(null)
    expect((await readdir(join(server.repo, 'objects'))).filter((name) => name.includes('incoming'))).toEqual(
      [],
    )
  })

  it('of nothing new says so and builds nothing', async () => {
    const server = await serve(accept)
    const work = await folder()
    await git(work, 'push', server.url, 'main')
    expect((await git(work, 'push', server.url, 'main')).text).toContain('Everything up-to-date')
    expect(server.begun()).toBe(1)
  })
})

/** A push whose client hangs up in the middle of the pack. */
async function abortedPost(server: GitServer): Promise<void> {
  const work = await folder({ 'big.bin': randomBytes(3_000_000) })
  const { hostname, port } = new URL(server.base)
  const pack = await packOf(work)
  const outgoing = request({
    hostname,
    port,
    method: 'POST',
    path: '/git/shop.git/git-receive-pack',
    headers: {
      authorization: `Basic ${btoa('u:secret')}`,
      'content-type': 'application/x-git-receive-pack-request',
      'content-length': String(pack.length),
    },
  })
  outgoing.on('error', () => undefined)
  outgoing.write(pack.subarray(0, pack.length / 2))
  await sleep(200)
  outgoing.destroy()
}

async function packOf(work: string): Promise<Buffer> {
  const sha = (await git(work, 'rev-parse', 'HEAD')).text.trim()
  const command = `${'0'.repeat(40)} ${sha} refs/heads/aborted\0 report-status side-band-64k`
  const line = (command.length + 4).toString(16).padStart(4, '0') + command
  const child = spawnGit(work, 'pack-objects', '--revs', '--stdout', '--quiet')
  child.stdin.end('HEAD\n')
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  return Buffer.concat([Buffer.from(`${line}0000`), ...chunks])
}

async function tree(repo: string): Promise<string[]> {
  return (await readdir(repo, { recursive: true })).filter((name) => !name.startsWith('logs')).sort()
}

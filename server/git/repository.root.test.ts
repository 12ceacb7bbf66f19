import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  checkout,
  commit,
  git,
  startGitServer,
  type Behaviour,
  type GitServer,
} from '../../test/support/git-server.ts'

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

describe('the repository of an app', () => {
  it('is refused without a token on every request, also on those that only carry a pack', async () => {
    const server = await serve(accept)
    await git(await folder(), 'push', server.url, 'main')
    const asked = [
      ['GET', '/git/shop.git/info/refs?service=git-receive-pack'],
      ['GET', '/git/shop.git/info/refs?service=git-upload-pack'],
      ['POST', '/git/shop.git/git-receive-pack'],
      ['POST', '/git/shop.git/git-upload-pack'],
      ['GET', '/git/other.git/info/refs'],
      ['GET', '/git/'],
    ] as const
    for (const [method, path] of asked) {
      const reply = await fetch(server.base + path, { method, ...(method === 'POST' ? { body: 'x' } : {}) })
      expect([path, reply.status]).toEqual([path, 401])
      expect(reply.headers.get('www-authenticate')).toContain('Basic')
    }
  })

  it('tells who may not deploy, and names the command that makes a missing app', async () => {
    const server = await serve(accept)
    const work = await folder()
    expect((await git(work, 'push', server.url.replace('secret', 'guest'), 'main')).text).toContain(
      'You may not deploy shop',
    )
    expect((await git(work, 'push', server.url.replace('shop.git', 'nothing.git'), 'main')).text).toContain(
      'skypanel create nothing',
    )
    for (const path of [
      '/git/..%2f..%2fetc.git/info/refs',
      '/git/shop.git/../shop.git/config',
      '/git/shop.git/HEAD',
      '/git//etc/x.git/info/refs',
    ]) {
      const reply = await raw(server, 'GET', path)
      expect([path, reply]).toEqual([path, 404])
    }
  })

  it('can be cloned and fetched with protocol version 2', async () => {
    const server = await serve(accept)
    const work = await folder()
    await git(work, 'push', server.url, 'main')
    const clone = join(server.home, 'clone')
    expect(await git(server.home, '-c', 'protocol.version=2', 'clone', server.url, clone)).toMatchObject({
      code: 0,
    })
    const next = await commit(work, { 'index.html': 'again' })
    await git(work, 'push', server.url, 'main')
    await git(clone, '-c', 'protocol.version=2', 'fetch')
    expect((await git(clone, 'rev-parse', 'origin/main')).text.trim()).toBe(next)
    const v2 = await fetch(`${server.base}/git/shop.git/info/refs?service=git-upload-pack`, {
      headers: { 'git-protocol': 'version=2', authorization: `Basic ${btoa('u:secret')}` },
    })
    expect(await v2.text()).toMatch(/^000eversion 2\n/)
  })

  it('survives bodies that are no packs', async () => {
    const server = await serve(accept)
    const work = await folder()
    await git(work, 'push', server.url, 'main')
    for (const body of ['', '0000', 'garbage', '00000000', 'ffff', randomBytes(5_000)]) {
      const reply = await fetch(`${server.base}/git/shop.git/git-receive-pack`, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-git-receive-pack-request',
          authorization: `Basic ${btoa('u:secret')}`,
        },
      }).catch(() => null)
      await reply?.text().catch(() => '')
    }
    const gzip = await fetch(`${server.base}/git/shop.git/git-upload-pack`, {
      method: 'POST',
      body: 'not gzip',
      headers: {
        'content-type': 'application/x-git-upload-pack-request',
        'content-encoding': 'gzip',
        authorization: `Basic ${btoa('u:secret')}`,
      },
    }).catch(() => null)
    await gzip?.text().catch(() => '')
    expect((await git(work, 'ls-remote', server.url)).text).toContain('refs/heads/main')
  })
})

/** The status of a request whose path nobody tidied up. */
function raw(server: GitServer, method: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.base)
    request(
      { hostname, port, method, path, headers: { authorization: `Basic ${btoa('u:secret')}` } },
      (reply) => {
        reply.resume()
        resolve(reply.statusCode ?? 0)
      },
    )
      .once('error', reject)
      .end()
  })
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { chooseEncoding } from './pages.ts'

let api: TestApi
let folder: string
const script = `console.log(${JSON.stringify('x'.repeat(2000))})`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skypanel-pages-'))
  await mkdir(join(folder, 'assets'))
  const put = (name: string, content: string | Buffer) => writeFile(join(folder, name), content)
  await put('index.html', '<!doctype html><title>Panel</title>')
  await put('favicon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await put('assets/main-abc.js', script)
  await put('assets/main-abc.js.br', brotliCompressSync(script))
  await put('assets/main-abc.js.gz', gzipSync(script))
  await put('secret.key', 'never served')
  api = await startApi((deps) => ({ ...deps, config: { ...deps.config, dashboard: folder } }))
})
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const PAGE = { Accept: 'text/html,application/xhtml+xml' }
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${api.url}${path}`, { headers })

describe('the dashboard', () => {
  it.each(['/', '/apps/shop/logs', '/welcome', '/apps/%3Cscript%3E?x=1'])(
    'is the page at %s',
    async (path) => {
      const reply = await get(path, PAGE)
      expect(await reply.text()).toContain('<title>Panel</title>')
      expect(reply.headers.get('cache-control')).toBe('no-cache')
      const policy = reply.headers.get('content-security-policy') ?? ''
      expect(policy).not.toContain('unsafe')
      for (const rule of [
        "script-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
      ])
        expect(policy).toContain(rule)
    },
  )

  it('sends hashed assets for good, in the best encoding that the browser takes', async () => {
    for (const [accepted, sent] of [
      ['gzip, deflate, br', 'br'],
      ['gzip;q=1.0, br;q=0', 'gzip'],
      ['identity', null],
    ] as const) {
      const reply = await get('/assets/main-abc.js', { 'Accept-Encoding': accepted })
      expect(reply.headers.get('content-encoding')).toBe(sent)
      expect(reply.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(reply.headers.get('vary')).toBe('Accept-Encoding')
      expect(reply.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(await reply.text()).toBe(script)
    }
  })

  it('is not sent again to who has it', async () => {
    const tag = (await get('/', PAGE)).headers.get('etag') ?? ''
    const reply = await get('/', { ...PAGE, 'If-None-Match': tag })
    expect([reply.status, await reply.text()]).toEqual([304, ''])
  })

  it('takes no path for a page that is none: assets of another version, files beside it, the API', async () => {
    for (const path of ['/assets/main-old.js', '/secret.key', '/assets/main-abc.js.br', '/index.html.map'])
      expect((await get(path)).status).toBe(404)
    for (const path of ['/assets/main-old.js', '/api/nothing', '/socket.io'])
      expect((await get(path, PAGE)).status).toBe(404)
    expect((await fetch(`${api.url}/apps`, { method: 'POST', headers: PAGE })).status).toBe(404)
  })

  it('leaves the root to programs as it was', async () => {
    expect(await (await get('/', { Accept: 'application/json' })).json()).toMatchObject({ name: 'SkyPanel' })
  })
})

it('a server without a built dashboard says how the platform is driven', async () => {
  await using bare = await startApi()
  const reply = await fetch(`${bare.url}/`, { headers: PAGE })
  expect(await reply.text()).toContain('skypanel login')
  expect((await fetch(`${bare.url}/apps`, { headers: PAGE })).status).toBe(404)
})

it.each([
  [undefined, null],
  ['', null],
  ['*;q=0', null],
  ['br', 'br'],
  ['BR;q=0.5, gzip', 'br'],
  ['gzip;q=0.000', null],
])('of the accepted %j, %j is sent', (accepted, chosen) => {
  expect(chooseEncoding(accepted, ['br', 'gzip'])).toBe(chosen)
})

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { caddyfile } from './static-site.ts'

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

const FILES = {
  'index.html': 'home',
  'about/index.html': 'about',
  'pricing.html': 'pricing',
  '404.html': 'lost',
  'assets/app-1a2b.js': 'js',
  '.env': 'SECRET=1',
  '.git/config': 'secret',
  '.well-known/security.txt': 'contact',
  'package.json': '{"secret":1}',
  'docs/package.json': '{}',
  Staticfile: 'root: .',
  'node_modules/x/index.js': 'module',
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The path goes out as it stands: clients that tidy it up would hide what is tested. */
async function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port, path, headers })
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of answer) body += String(chunk)
  return { status: answer.statusCode ?? 0, body, headers: answer.headers }
}

async function serve(site: { indexFallback: boolean; immutable: string[] }): Promise<number> {
  const root = sourceFolder(FILES)
  const port = await freePort()
  const config = join(sourceFolder({}), 'Caddyfile')
  writeFileSync(config, caddyfile({ dir: '.', ...site }).replaceAll('root * /app', `root * ${root}`))
  const home = sourceFolder({})
  const caddy: ChildProcess = spawn('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
    },
    stdio: 'ignore',
  })
  onTestFinished(async () => {
    if (caddy.exitCode !== null) return
    caddy.kill('SIGKILL')
    await once(caddy, 'exit')
  })
  for (;;) {
    if (caddy.exitCode !== null) throw new Error(`Caddy ended with ${caddy.exitCode}`)
    const up = await get(port, '/').catch(() => null)
    if (up !== null) return port
    await setTimeout(20)
  }
}

describe('a static site, served by the real Caddy', () => {
  it('serves pages, folders and names without .html', async () => {
    const port = await serve({ indexFallback: false, immutable: [] })
    expect(await get(port, '/')).toMatchObject({ status: 200, body: 'home' })
    expect(await get(port, '/about/')).toMatchObject({ status: 200, body: 'about' })
    expect(await get(port, '/about')).toMatchObject({ status: 308, headers: { location: '/about/' } })
    expect(await get(port, '/pricing')).toMatchObject({ status: 200, body: 'pricing' })
    expect(await get(port, '/nothing')).toMatchObject({ status: 404, body: 'lost' })
  })

  it.each([false, true])(
    'keeps back what is no part of the site (index fallback: %s)',
    async (indexFallback) => {
      const port = await serve({ indexFallback, immutable: [] })
      const paths = [
        '/.env',
        '/.git/config',
        '/%2egit/config',
        '//.git/config',
        '/x/../.git/config',
        '/package.json',
        '//package.json',
        '/Staticfile',
      ]
      for (const path of [...paths, '/node_modules/x/index.js']) {
        expect(await get(port, path), path).toMatchObject({ status: 404, body: 'lost' })
      }
      expect(await get(port, '/.well-known/security.txt')).toMatchObject({ status: 200, body: 'contact' })
      expect(await get(port, '/docs/package.json')).toMatchObject({ status: 200 })
    },
  )

  it('answers unknown paths with the page where asked to, but never for a missing asset', async () => {
    const port = await serve({ indexFallback: true, immutable: ['/assets/*'] })
    expect(await get(port, '/orders/5')).toMatchObject({ status: 200, body: 'home' })
    expect(await get(port, '/assets/app-old.js')).toMatchObject({ status: 404 })
  })

  it('lets browsers keep what never changes, and nothing else', async () => {
    const port = await serve({ indexFallback: true, immutable: ['/assets/*'] })
    const asset = await get(port, '/assets/app-1a2b.js')
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    for (const path of ['/', '/pricing', '/assets/app-old.js', '/orders/5']) {
      expect((await get(port, path)).headers['cache-control'], path).toBe('no-cache')
    }
  })

  it('takes no new page for an old one of the same size: all files of a release have the same time', async () => {
    const port = await serve({ indexFallback: false, immutable: [] })
    const { headers } = await get(port, '/')
    expect([headers['etag'], headers['last-modified']]).toEqual([undefined, undefined])
    const later = new Date(Date.UTC(2037, 0)).toUTCString()
    expect(await get(port, '/', { 'if-modified-since': later, 'if-none-match': '*' })).toMatchObject({
      status: 200,
      body: 'home',
    })
  })

  it('has a configuration that the shell of the build step writes unchanged', () => {
    const folder = sourceFolder({})
    const text = caddyfile({ dir: 'dist', indexFallback: true, immutable: ['/assets/*'] })
    execFileSync('bash', ['-euo', 'pipefail', '-c', `cat > Caddyfile <<'CADDYFILE'\n${text}CADDYFILE`], {
      cwd: folder,
    })
    execFileSync('caddy', ['validate', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
      env: { PATH: process.env['PATH'], PORT: '8080', HOME: folder },
      stdio: 'pipe',
    })
  })
})

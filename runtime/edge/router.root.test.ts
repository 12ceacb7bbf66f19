import type { Server } from 'node:http'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  fakeInstance,
  fetchFrom,
  hostTable,
  instanceAt,
  rawRequest,
  startRouter,
} from '../../test/support/router.ts'
import { registered } from '../../test/support/registry-suite.ts'
import { localRootCertificate } from '../command/caddy-config.ts'

type Router = Awaited<ReturnType<typeof startRouter>>
let router: Router
const servers: Server[] = []
async function instance(address: string, name: string) {
  const server = await fakeInstance(address, name)
  servers.push(server)
  return server
}
const table = (...instances: ReturnType<typeof instanceAt>[]) => ({
  complete: true as const,
  node: 'one',
  instances,
})
const SHOP = 'shop.skypanel.localhost'
const BLOG = 'blog.skypanel.localhost'
/** Longer than Caddy keeps an answer of the directory. */
const REFRESHED = 400

beforeAll(async () => {
  router = await startRouter()
  await Promise.all([
    instance('127.88.0.1', 'shop-1'),
    instance('127.88.0.2', 'shop-2'),
    instance('127.88.0.3', 'blog-1'),
  ])
})
afterAll(async () => {
  await router.close()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function serveShop() {
  await router.directory().putHosts(
    hostTable(1, {
      [SHOP]: {},
      'shop.example.com': {},
      [BLOG]: { app: registered(2).app },
      'closed.skypanel.localhost': { maintenance: true },
      'empty.skypanel.localhost': { app: registered(3).app, expects: false },
      'boots.skypanel.localhost': { app: registered(4).app },
    }),
  )
  await router.directory().putInstances(table(instanceAt(1, '127.88.0.1'), instanceAt(3, '127.88.0.3', 2)))
  await sleep(REFRESHED)
}

describe('through the real Caddy', () => {
  test('an app is reached by its own and by its custom name, whatever the case and the port', async () => {
    await serveShop()
    for (const host of [SHOP, 'SHOP.skypanel.LOCALHOST', `${SHOP}:${router.http}`, 'shop.example.com']) {
      expect((await fetchFrom(router.http, host)).body, host).toBe('shop-1 GET 0')
    }
    expect((await fetchFrom(router.http, BLOG, { method: 'POST', body: 'x'.repeat(100_000) })).body).toBe(
      'blog-1 POST 100000',
    )
  })

  test('a dot at the end of the host leads to the name without it', async () => {
    const reply = await fetchFrom(router.http, `${SHOP}.:${router.http}`, { path: '/a?b=c' })
    expect([reply.status, reply.headers.location]).toEqual([308, `http://${SHOP}:${router.http}/a?b=c`])
  })

  test('an app is told who asks, and what a client claims of it does not get through', async () => {
    await serveShop()
    const reply = await fetchFrom(router.http, SHOP, {
      headers: {
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-proto': 'https',
        'x-request-id': 'forged',
        'x-skypanel-error': '502',
      },
    })
    const seen = JSON.parse(String(reply.headers['x-seen'])) as Record<string, string>
    expect(seen).toMatchObject({
      host: SHOP,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(router.http),
      'x-forwarded-host': SHOP,
    })
    expect(seen['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(reply.headers['x-request-id']).toBe(seen['x-request-id'])
    expect(Number(seen['x-request-start'])).toBeGreaterThan(1_600_000_000_000)
    expect(seen).not.toHaveProperty('x-skypanel-error')
  })

  test('no Host leads anywhere but to an app that is known: addresses, local and foreign names end at the edge', async () => {
    await serveShop()
    const secret = await fakeInstance('127.0.0.1', 'SECRET')
    servers.push(secret)
    const hosts = [
      '127.0.0.1',
      '127.0.0.1:5000',
      'localhost',
      'localhost:5000',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '169.254.169.254',
      '2130706433',
      '0x7f000001',
      '127.88.0.1',
      'example.com',
      'internal',
      '127.0.0.1.nip.example',
      `127.0.0.1.${SHOP}`,
      `${SHOP}.route.skypanel.internal`,
      'route.skypanel.internal',
      'a@127.0.0.1',
      '*',
      '..',
      '-',
      'x'.repeat(400),
      `${'y'.repeat(60)}.`.repeat(4) + 'y',
      '%31%32%37.0.0.1',
      '{http.request.uri}',
      '{env.PATH}',
    ]
    for (const host of hosts) {
      const answer = await rawRequest(
        router.http,
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      const status = Number(answer.split(' ')[1])
      expect(answer, host).not.toMatch(/SECRET|shop-1|blog-1/)
      expect([400, 404], `${host}: ${answer.slice(0, 200)}`).toContain(status)
    }
    const absolute = await rawRequest(
      router.http,
      `GET http://127.0.0.1:5000/ HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nConnection: close\r\n\r\n`,
    )
    expect(absolute).not.toContain('SECRET')
    const none = await rawRequest(router.http, 'GET / HTTP/1.0\r\n\r\n')
    expect(none).toMatch(/^HTTP\/1\.[01] 404/)
    const tunnel = await rawRequest(
      router.http,
      'CONNECT 127.0.0.1:5000 HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nConnection: close\r\n\r\n',
    )
    expect(tunnel).not.toMatch(/^HTTP\/1\.1 200/)
  })

  test('a host that nobody serves is explained: unknown, maintenance, nothing deployed', async () => {
    await serveShop()
    const unknown = await fetchFrom(router.http, 'nothing.skypanel.localhost', {
      headers: { accept: 'text/html' },
    })
    expect([unknown.status, unknown.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(unknown.body).toContain('There is no app here')
    const closed = await fetchFrom(router.http, 'closed.skypanel.localhost', { method: 'POST', body: 'x' })
    expect([closed.status, closed.headers['retry-after']]).toEqual([503, '60'])
    const empty = await fetchFrom(router.http, 'empty.skypanel.localhost', {
      headers: { accept: 'application/json' },
    })
    expect([empty.status, (JSON.parse(empty.body) as { id: string }).id]).toEqual([503, 'stopped'])
  })

  test('a request to an app that boots waits for its first instance, POST bodies included', async () => {
    await serveShop()
    const waiting = [
      fetchFrom(router.http, 'boots.skypanel.localhost'),
      fetchFrom(router.http, 'boots.skypanel.localhost', { method: 'POST', body: 'y'.repeat(300_000) }),
    ]
    await sleep(700)
    await router.directory().putInstances(table(instanceAt(1, '127.88.0.1'), instanceAt(4, '127.88.0.2', 4)))
    expect((await Promise.all(waiting)).map(({ status, body }) => [status, body])).toEqual([
      [200, 'shop-2 GET 0'],
      [200, 'shop-2 POST 300000'],
    ])
  })

  test('an instance that nobody answers for is explained by the edge, with the error and no address', async () => {
    await serveShop()
    await router.directory().putInstances(table(instanceAt(1, '127.88.0.99')))
    await sleep(REFRESHED)
    for (const method of ['GET', 'POST']) {
      const reply = await fetchFrom(router.http, SHOP, {
        method,
        ...(method === 'POST' ? { body: 'z'.repeat(50_000) } : {}),
      })
      expect([reply.status, reply.headers['x-skypanel-edge']]).toEqual([503, 'no-answer'])
      expect(reply.body).not.toContain('127.88')
    }
  })

  test('the directory may restart: what was served goes on', async () => {
    await serveShop()
    await router.restartDirectory()
    await sleep(REFRESHED)
    expect((await fetchFrom(router.http, SHOP)).body).toBe('shop-1 GET 0')
  })

  test('HTTPS has a certificate of the local authority, for custom names only if they are known', async () => {
    await serveShop()
    const ca = () => readFileSync(localRootCertificate(router.at.caddy))
    const over = (servername: string) =>
      new Promise<string>((resolve) => {
        const call = requestTls(
          {
            host: '127.0.0.1',
            port: router.https,
            servername,
            headers: { host: servername },
            ca: ca(),
            agent: false,
          },
          (reply) => {
            let body = ''
            reply.on('data', (part: Buffer) => (body += part.toString()))
            reply.on('end', () => resolve(body))
          },
        )
        call.on('error', (error) => resolve(`refused: ${error.message}`))
        call.end()
      })
    expect(await over(SHOP)).toBe('shop-1 GET 0')
    expect(await over('shop.example.com')).toBe('shop-1 GET 0')
    expect(await over('stranger.example.com')).toMatch(/^refused/)
  })
})

describe('without losing a request', () => {
  test('20 swaps under keep-alive GET and POST load lose nothing and close no WebSocket of another app', async () => {
    await serveShop()
    const closed: number[] = []
    const sockets = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const socket = connect(router.http, '127.0.0.1')
        socket.write(`GET / HTTP/1.1\r\nHost: ${BLOG}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`)
        const [head] = (await once(socket, 'data')) as [Buffer]
        expect(head.toString()).toMatch(/^HTTP\/1\.1 101/)
        socket.on('close', () => closed.push(index))
        return socket
      }),
    )
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const failures: string[] = []
    const versions = new Set<string>()
    let done = 0
    let running = true
    const call = (method: 'GET' | 'POST') =>
      new Promise<void>((resolve) => {
        const outgoing = request(
          { host: '127.0.0.1', port: router.http, method, headers: { host: SHOP }, agent },
          (reply) => {
            let body = ''
            reply.on('data', (part: Buffer) => (body += part.toString()))
            reply.on('end', () => {
              done += 1
              versions.add(body.split(' ')[0] ?? '')
              if (reply.statusCode !== 200)
                failures.push(`${method} ${reply.statusCode} ${body.slice(0, 100)}`)
              resolve()
            })
          },
        )
        outgoing.on('error', (error) => {
          failures.push(`${method} ${error.message}`)
          resolve()
        })
        outgoing.end(method === 'POST' ? 'x'.repeat(1000) : undefined)
      })
    const clients = (['GET', 'POST', 'GET', 'POST'] as const).map(async (method) => {
      while (running) {
        await call(method)
        await sleep(4)
      }
    })
    const blog = instanceAt(3, '127.88.0.3', 2)
    let current = { server: servers[0]!, address: '127.88.0.1' }
    for (let swap = 0; swap < 20; swap += 1) {
      const address = `127.88.1.${swap + 1}`
      const server = await instance(address, `swap-${swap}`)
      // As an agent does it: the new one in, the old one out, and stopped a refresh and a second later.
      await router.directory().putInstances(table(instanceAt(10 + swap, address), blog))
      const old = current
      if (swap > 0) {
        void sleep(1200).then(() => {
          old.server.close()
          old.server.closeAllConnections()
        })
      }
      current = { server, address }
      await sleep(250)
    }
    await sleep(1300)
    running = false
    await Promise.all(clients)
    agent.destroy()
    expect(failures).toEqual([])
    expect(done).toBeGreaterThan(500)
    expect(versions.size).toBeGreaterThan(15)
    expect(closed).toEqual([])
    for (const socket of sockets) socket.destroy()
  })
})

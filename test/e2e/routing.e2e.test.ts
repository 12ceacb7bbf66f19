import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestPlatform, type TestApp } from '../support/platform.ts'

let platform: TestPlatform
let app: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  app = await platform.app('static')
  await app.deploy()
})
afterAll(async () => {
  await app.forget()
  await platform[Symbol.asyncDispose]()
})

describe('the router opens no way but to apps', () => {
  const panel = () => new URL(platform.facts.api).port
  const hosts: readonly (readonly [string, () => string])[] = [
    ['loopback', () => '127.0.0.1'],
    ['loopback with the port of the panel', () => `127.0.0.1:${panel()}`],
    ['localhost with the port of the panel', () => `localhost:${panel()}`],
    ['loopback in IPv6', () => `[::1]:${panel()}`],
    ['loopback as a number', () => '2130706433'],
    ['the metadata address of clouds', () => '169.254.169.254'],
    ['a foreign name', () => 'example.com'],
    ['a name that leads to loopback elsewhere', () => 'localtest.me'],
    ['a name of the zone without an app', () => `nobody.${app.host.split('.').slice(1).join('.')}`],
    ['a name below an app', () => `x.${app.host}`],
    ['the internal zone', () => `${app.host.split(':')[0]}.route.skypanel.internal`],
    ['a name with a step up', () => '../../etc/passwd'],
    ['a very long name', () => `${'a'.repeat(250)}.localhost`],
  ]
  it.each(hosts)('not to %s', async (_what, host) => {
    const { status, text } = await platform.fetch(host(), { path: '/' })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).not.toContain('hello from a folder')
    // Neither the platform's API nor its dashboard answers on the apps' port.
    const { status: api } = await platform.fetch(host(), { path: '/api/health' })
    expect(api).toBeGreaterThanOrEqual(400)
  })

  it('nor by a URL in the request line', async () => {
    const { status, text } = await platform.fetch(app.host, {
      path: `http://127.0.0.1:${panel()}/api/health`,
    })
    expect(text).not.toContain('"ok"')
    expect(status).toBeLessThan(600)
  })
})

it('an app is reached in any case of its name', async () => {
  expect((await platform.fetch(app.host.toUpperCase())).text).toContain('hello from a folder')
})

it('HTTPS is served with a certificate of the CA that npm start names', async () => {
  const { ca, routerHttps } = platform.facts
  if (ca === null) throw new Error('a platform on loopback names its CA')
  const pem = await readFile(ca, 'utf8')
  const name = app.host.split(':')[0] ?? ''
  const status = await new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port: new URL(routerHttps).port,
        servername: name,
        ca: pem,
        headers: { host: name },
      },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    )
    asking.on('error', reject)
    asking.end()
  })
  expect(status).toBe(200)
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Registries } from '../../buildpacks/registries.ts'
import { Egress } from '../../server/contract/network.ts'
import { Inside } from '../support/installation.ts'
import { TestPlatform, type TestApp, until } from '../support/platform.ts'

/** Answers who it is, and what a GET of `/dial?…` from inside of this very instance ends with. */
const WEB = `const http = require('node:http'), net = require('node:net')
const dial = (host, port) => new Promise((done) => {
  const socket = net.connect({ host, port, family: 4, timeout: 3000 })
  const end = (text) => { socket.destroy(); done(text) }
  socket.on('connect', () => end('open')); socket.on('timeout', () => end('timeout')); socket.on('error', (e) => end(e.code))
})
http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://here')
  response.end(pathname === '/dial' ? await dial(searchParams.get('host'), Number(searchParams.get('port'))) : process.env.SKYPANEL_APP_NAME)
}).listen(process.env.PORT)
`
const WORKER = `const http = require('node:http')
const look = () => http.get('http://web.' + process.env.SKYPANEL_APP_NAME + '.internal:5000/', (r) => {
  console.log('worker found web: ' + r.statusCode); setTimeout(look, 2000); r.resume()
}).on('error', (e) => { console.log('worker found nothing: ' + e.code); setTimeout(look, 500) })
look()
`

let platform: TestPlatform
let inside: Inside
let shop: TestApp
let stock: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  inside = await Inside.of(platform.facts.home)
  const make = async () => {
    const app = await platform.app('worker')
    await app.put({
      'web.js': WEB,
      'worker.js': WORKER,
      Procfile: 'web: node web.js\nworker: node worker.js\n',
    })
    await app.commit('a network')
    await app.deploy()
    return app
  }
  shop = await make()
  stock = await make()
})
afterAll(async () => {
  await shop.forget()
  await stock.forget()
  await inside[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

/** What a connection from the running web instance ends with. */
const dial = (app: TestApp, host: string, port = 5000) => app.text(`/dial?host=${host}&port=${port}`)
const stockHost = () => `web.${stock.name}.internal`
const ok = async (app: TestApp, ...args: string[]) => {
  const { code, stdout, stderr } = await app.run(args)
  if (code !== 0) throw new Error(`skypanel ${args.join(' ')}: ${stderr}`)
  return stdout + stderr
}

/** A package registry of this machine: surely something that can be reached from here. */
async function registry(): Promise<{ host: string; port: number }> {
  const { npm } = Registries.parse(
    JSON.parse(await readFile(join(platform.facts.home, 'registries.json'), 'utf8')),
  )
  const { hostname, port, protocol } = new URL(npm.registry)
  return { host: hostname, port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) }
}

describe('names of apps', () => {
  it('lead a worker to the web instances of its own app', async () => {
    await ok(shop, 'scale', 'worker=1')
    await until(
      'the worker finding web',
      () => shop.run(['logs', '--num', '200']),
      ({ stdout }) => stdout.includes('worker found web: 200'),
    )
  })

  it('do not exist for another app without a link', async () => {
    expect(await dial(shop, stockHost())).toBe('ENOTFOUND')
  })
})

describe('a link', () => {
  it('opens one app to the running instances of another, one way, at once; removed, it is closed at once', async () => {
    expect(await ok(shop, 'links:add', stock.name)).toContain(`http://${stockHost()}:5000`)
    expect(await dial(shop, stockHost())).toBe('open')
    expect(await dial(stock, `web.${shop.name}.internal`)).toBe('ENOTFOUND')
    expect(await ok(shop, 'links')).toContain(stock.name)
    // Instances come and go under the same name.
    await ok(stock, 'restart')
    await until(
      'the new instance',
      () => dial(shop, stockHost()),
      (answer) => answer === 'open',
    )
    await ok(shop, 'links:remove', stock.name)
    expect(await dial(shop, stockHost())).toBe('ENOTFOUND')
  })

  it('outlives the agent and the directory', async () => {
    await ok(shop, 'links:add', stock.name)
    for (const name of ['agent', 'directory'] as const) {
      await inside.killed(name)
      await until(
        `a way after ${name} was killed`,
        () => dial(shop, stockHost()),
        (answer) => answer === 'open',
      )
    }
  })
})

describe('the egress policy', () => {
  it('closes and opens what a running instance reaches, at once, while it goes on serving', async () => {
    const { host, port } = await registry()
    await ok(shop, 'egress:set', 'registries')
    expect(await dial(shop, host, port)).toBe('open')
    expect(await dial(shop, 'example.com', 443)).toBe('ENOTFOUND')
    expect(await dial(shop, '203.0.113.1', 443)).toMatch(/EHOSTUNREACH|ECONNREFUSED|EACCES/)
    await ok(shop, 'egress:set', 'none')
    expect(await dial(shop, host, port)).not.toBe('open')
    expect(await shop.text('/')).toBe(shop.name)
    expect(await dial(shop, stockHost())).toBe('open')
    await inside.killed('agent')
    expect(await dial(shop, host, port)).not.toBe('open')
  })

  it('says which hosts could not be resolved and are closed', async () => {
    const said = await ok(shop, 'egress:set', 'allow', 'nowhere.invalid:443', '198.51.100.0/24')
    expect(said).toContain('nowhere.invalid could not be resolved; it is closed until it can be.')
    expect(await shop.json(Egress, 'egress')).toMatchObject({ policy: 'allow', applied: true })
    expect(await ok(shop, 'egress')).toContain('not resolved: closed')
  })

  it('holds for the first instance of an app that is deployed with it', async () => {
    const { host, port } = await registry()
    const app = await platform.app('worker')
    await app.put({ 'web.js': WEB, Procfile: 'web: node web.js\n' })
    await app.commit('closed from the start')
    await ok(app, 'egress:set', 'none')
    await app.deploy()
    expect(await dial(app, host, port)).not.toBe('open')
    await ok(app, 'egress:set', 'open')
    expect(z.string().parse(await dial(app, host, port))).toMatch(/open|EACCES|EHOSTUNREACH|ECONNREFUSED/)
    await app.forget()
  })
})

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppId } from '../../server/contract/ids.ts'
import type { AppNetwork } from '../../server/contract/network.ts'
import type { InstanceSpec, ObservedInstance } from '../../server/contract/nodes.ts'
import { VolumeId } from '../../server/contract/volumes.ts'
import { askAgent, NO_BUILDS, untilInstance, writeAgentHome } from '../../test/support/agent-home.ts'
import { type AgentConfig, agentConfig } from '../config.ts'
import { buildAnswer, parseQuery } from '../directory/dns.ts'
import { type RunningDirectory, startDirectory } from '../directory/start.ts'
import { specOf } from '../driver/conformance.ts'
import { type ContainedStage, openNspawnStage } from '../driver/test-stage.ts'
import { type RunningAgent, startAgent } from './agent.ts'

const ID = 'f0b8'
const RANGE = '10.216.192.0/18'
const SHOP = AppId.parse('0198c0de-0000-7000-8000-00000000000a')
const STOCK = AppId.parse('0198c0de-0000-7000-8000-00000000000b')
const ROOT = { uid: 0, gid: 0 }

let stage: ContainedStage
let config: AgentConfig
let agent: RunningAgent
let directory: RunningDirectory
let upstream: Socket
const warnings: string[] = []
let revision = 0

const openAgent = () =>
  startAgent(
    config,
    (message, error) => warnings.push(`${message} ${error instanceof Error ? error.message : ''}`),
    async () => NO_BUILDS,
  )

/** The world's name server: every public name but one leads to the same address. */
async function openUpstream(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (packet, from) => {
    const query = parseQuery(packet)
    if (query === null) return
    const addresses = query.name === 'gone.example' || query.type !== 1 ? [] : ['203.0.113.77']
    socket.send(
      buildAnswer(packet, query, { rcode: 0, authoritative: false, addresses }),
      from.port,
      from.address,
    )
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

beforeAll(async () => {
  stage = await openNspawnStage(ID, RANGE, 0)
  upstream = await openUpstream()
  writeAgentHome(stage, { id: ID, range: RANGE, port: 21_301 })
  config = { ...agentConfig(stage.home), net: ROOT, server: ROOT, router: { uid: 65533, gid: 65534 } }
  mkdirSync(join(config.paths.directorySocket, '..'), { recursive: true })
  directory = await startDirectory({
    installation: config.installation,
    paths: config.paths,
    dnsFd: null,
    say: (message) => warnings.push(message),
    resolvers: async () => [{ address: '127.0.0.1', port: upstream.address().port }],
  })
  agent = await openAgent()
}, 120_000)
afterAll(async () => {
  for (const record of agent?.context.instances.all() ?? [])
    await agent.context.instances.forget(record.spec.id)
  for (const app of [SHOP, STOCK]) await agent?.context.volumes.removeApp(app)
  await agent?.close()
  directory?.close()
  upstream?.close()
  await stage?.close()
})

const call = <T = unknown>(verb: string, body: object) =>
  askAgent<T>(config.paths.agentSocket, verb, { epoch: 1, ...body })
const until = (id: string, status: ObservedInstance['state']['status']) =>
  untilInstance(config.paths.agentSocket, id, status)

/** `/look?name=` resolves, `/dial?host=&port=` connects, `/kept` counts its starts in a file of /app/data. */
const SERVER = `const net=require("net"),dns=require("dns"),fs=require("fs");const file="/app/data/starts";
  let starts=0;if(fs.existsSync("/app/data")){starts=Number(fs.existsSync(file)?fs.readFileSync(file,"utf8"):0)+1;fs.writeFileSync(file,String(starts))}
  const dial=(host,port)=>new Promise((done)=>{const s=net.connect({host,port,timeout:1500});
    const end=(t)=>{s.destroy();done(t)};s.on("connect",()=>end("open"));s.on("timeout",()=>end("timeout"));s.on("error",(e)=>end(e.code))});
  const look=(name)=>new Promise((done)=>dns.resolve4(name,(error,all)=>done(error?error.code:all.join())));
  require("http").createServer(async(q,r)=>{const u=new URL(q.url,"http://x"),g=(n)=>u.searchParams.get(n);
    r.end(u.pathname==="/look"?await look(g("name")):u.pathname==="/dial"?await dial(g("host"),Number(g("port"))):String(starts))}).listen(5000)`

const web = (app: AppId, appName: string, more: Partial<InstanceSpec> = {}): InstanceSpec =>
  specOf(stage, `exec node -e '${SERVER.replaceAll('\n', ' ')}'`, {
    app,
    appName,
    routed: true,
    health: { path: '/', port: 5000, bootTimeout: 30 },
    limits: { memoryMb: 256, cpuMilli: 2000, pids: 64, diskMb: 16 },
    ...more,
  })

async function run(spec: InstanceSpec) {
  await call('start', { instance: spec })
  const { address } = await until(spec.id, 'ready')
  const get = async (path: string) => await (await fetch(`http://${address}:5000${path}`)).text()
  return {
    id: spec.id,
    address: address ?? '',
    get,
    look: (name: string) => get(`/look?name=${name}`),
    dial: (host: string, port: number) => get(`/dial?host=${host}&port=${port}`),
    async end() {
      await call('kill', { instance: spec.id })
      await call('forget', { instance: spec.id })
    },
  }
}

const decide = (app: AppId, rest: Partial<AppNetwork>): AppNetwork => ({
  app,
  revision: ++revision,
  egress: { policy: 'open', rules: [] },
  links: [],
  ...rest,
})
const tell = async (...apps: AppNetwork[]) => expect((await call('network', { apps })).status).toBe(200)

describe('the agent, the directory and the firewall together', { timeout: 90_000 }, () => {
  test('an app finds another one only while it is linked, also after both were restarted', async () => {
    const shop = await run(web(SHOP, 'shop'))
    const stock = await run(web(STOCK, 'stock'))
    expect(await shop.look('web.stock.internal')).toBe('ENOTFOUND')
    expect(await shop.dial(stock.address, 5000)).not.toBe('open')
    await tell(decide(SHOP, { links: [STOCK] }))
    expect(await shop.look('web.stock.internal')).toBe(stock.address)
    expect(await shop.dial(stock.address, 5000)).toBe('open')
    expect(await stock.look('web.shop.internal')).toBe('ENOTFOUND')
    expect(await shop.look('public.example')).toBe('203.0.113.77')
    await agent.close()
    agent = await openAgent()
    expect(await shop.dial(stock.address, 5000)).toBe('open')
    const next = await run(web(STOCK, 'stock', { name: 'web.2' }))
    await stock.end()
    expect(await shop.look('web.stock.internal')).toBe(next.address)
    expect(await shop.dial(next.address, 5000)).toBe('open')
    await tell(decide(SHOP, {}))
    expect(await shop.look('web.stock.internal')).toBe('ENOTFOUND')
    expect(await shop.dial(next.address, 5000)).not.toBe('open')
    await next.end()
    await shop.end()
  })

  test('a restricted app learns the names of its list alone, and its instances are closed from their first moment', async () => {
    const rules = ['api.example', 'gone.example'].map((host) => ({
      target: { kind: 'host' as const, host },
      ports: null,
    }))
    const network = decide(SHOP, { egress: { policy: 'allow', rules } })
    // The order to start is the first that this node hears of it.
    const shop = await run(web(SHOP, 'shop', { network }))
    expect(await shop.look('api.example')).toBe('203.0.113.77')
    expect(await shop.look('gone.example')).toMatch(/ENODATA|ENOTFOUND/)
    expect(await shop.look('c2VjcmV0.attacker.example')).toBe('ENOTFOUND')
    expect(await shop.dial('198.51.100.1', 443)).toMatch(/EHOSTUNREACH|EACCES/)
    const { body } = await call<{ hosts: unknown }>('egressHosts', { app: SHOP })
    expect(body.hosts).toEqual([
      { host: 'api.example', addresses: ['203.0.113.77'] },
      { host: 'gone.example', addresses: [] },
    ])
    await tell(decide(SHOP, { egress: { policy: 'registries', rules: [] } }))
    expect(await shop.look('packages.example')).toBe('203.0.113.77')
    expect(await shop.look('api.example')).toBe('ENOTFOUND')
    await tell(decide(SHOP, { egress: { policy: 'none', rules: [] } }))
    expect(await shop.look('packages.example')).toBe('ENOTFOUND')
    await shop.end()
    await tell(decide(SHOP, {}))
  })

  test('a volume goes from one instance to the next, and to no second one', async () => {
    const volume = VolumeId.parse('0198c0de-0000-7000-8000-0000000000f1')
    const made = await call('makeVolume', { app: SHOP, volume, sizeMb: 32 })
    expect(made).toEqual({ status: 200, body: { sizeMb: 32, live: true } })
    const volumes = [{ id: volume, name: 'data', mount: '/app/data' }]
    const first = await run(web(SHOP, 'shop', { volumes }))
    expect(await first.get('/')).toBe('1')
    const second = web(SHOP, 'shop', { volumes, name: 'web.2' })
    await call('start', { instance: second })
    await expect(until(second.id, 'ready')).rejects.toThrow(/one writer at a time, and that is web\.1/)
    await call('forget', { instance: second.id })
    await agent.close()
    agent = await openAgent()
    expect((await call<object>('volumes', { app: SHOP })).body).toMatchObject({
      volumes: [{ volume, attached: 'web.1' }],
    })
    expect((await call('removeVolume', { app: SHOP, volume })).status).toBe(403)
    await first.end()
    const third = await run(web(SHOP, 'shop', { volumes }))
    expect(await third.get('/')).toBe('2')
    await third.end()
    expect((await call('audit', {})).body).toEqual({ findings: [] })
    expect((await call('destroyApp', { app: SHOP })).status).toBe(200)
    expect((await call<object>('volumes', { app: SHOP })).body).toEqual({ volumes: [] })
  })
})

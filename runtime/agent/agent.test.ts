import { randomUUID } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BuildEngine } from '../../buildpacks/engine.ts'
import { BuildEvent, InstanceSpec, type ObservedInstance } from '../../server/contract/nodes.ts'
import { RunFrame } from '../../server/contract/runs.ts'
import { agentConfig } from '../config.ts'
import { encodeFrame, frameDecoder } from '../driver/frames.ts'
import { type RunningAgent, startAgent } from './agent.ts'

let home: string
let agent: RunningAgent
const warnings: string[] = []
let nextPort = 20_000 + Math.floor(Math.random() * 20_000)

/** An engine whose builds go on until the test lets them, or until they are canceled. */
function heldEngine() {
  const release = new Map<string, () => void>()
  const engine: BuildEngine = {
    name: 'fake',
    fingerprint: async () => ({ ok: true, detail: '', stack: 'test' }),
    async build(request, progress, signal) {
      progress({ type: 'line', text: `-----> ${request.build}` })
      const how = await new Promise<'ok' | 'canceled'>((resolve) => {
        release.set(request.build, () => resolve('ok'))
        signal.addEventListener('abort', () => resolve('canceled'))
      })
      if (how === 'canceled') return { ok: false, code: 'build_canceled', message: 'canceled', hint: null }
      return {
        ok: true,
        artifact: {
          stack: '/s',
          layers: [],
          tools: [],
          closure: [],
          env: {},
          processTypes: { web: 'fake' },
          size: 1,
        },
      }
    },
    rooted: async () => ['a', 'b'],
    unroot: async () => undefined,
    collect: async () => 0,
    forgetApp: async () => undefined,
    sweep: async () => [],
  }
  return { engine, release }
}

let held = heldEngine()
const open = () =>
  startAgent(
    agentConfig(home),
    (message, error) => warnings.push(`${message} ${JSON.stringify(error ?? '')}`),
    async () => held.engine,
  )

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'skypanel-agent-'))
  held = heldEngine()
  writeFileSync(
    join(home, 'installation.json'),
    JSON.stringify({
      version: 1,
      id: 'f0a1',
      home,
      range: '10.213.128.0/18',
      domain: null,
      driver: 'fake',
      registry: 'embedded',
      allowUnlimited: true,
      supervision: 'direct',
      ports: {
        panel: 1,
        http: 2,
        https: 3,
        dns: 4,
        directory: 5,
        edge: 6,
        consulHttp: 7,
        consulRpc: 8,
        consulSerf: 9,
      },
      database: { kind: 'private' },
    }),
  )
  warnings.length = 0
  agent = await open()
})
afterEach(async () => {
  await agent.close()
  rmSync(home, { recursive: true, force: true })
})

const socketPath = () => join(home, 'run', 'agent', 'agent.sock')

function call(verb: string, body: unknown): Promise<{ status: number; body: never }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: socketPath(), agent: false, method: 'POST', path: `/v1/${verb}` },
      (response) => {
        let text = ''
        response.on('data', (data: Buffer) => (text += data.toString()))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as never }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

function spec(command: string, more: Partial<InstanceSpec> = {}): InstanceSpec {
  return InstanceSpec.parse({
    id: randomUUID(),
    app: '0198c0de-0000-7000-8000-000000000001',
    appName: 'sample',
    name: 'web.1',
    type: 'web',
    kind: 'service',
    release: 1,
    build: '0198c0de-0000-7000-8000-000000000002',
    artifact: { stack: '/s', layers: [], tools: [], closure: [], env: {}, processTypes: {}, size: 0 },
    command,
    env: {},
    limits: { memoryMb: 512, cpuMilli: 1000, pids: 64, diskMb: 32 },
    health: { path: null, port: nextPort++, bootTimeout: 5 },
    grace: 2,
    routed: false,
    pty: null,
    attach: false,
    ...more,
  })
}

async function until(id: string, status: ObservedInstance['state']['status']): Promise<ObservedInstance> {
  let after: number | undefined
  for (;;) {
    const { body } = (await call('observe', after === undefined ? {} : { after })) as unknown as {
      body: { version: number; instances: ObservedInstance[] }
    }
    const found = body.instances.find((one) => one.id === id)
    if (found?.state.status === status) return found
    after = body.version
  }
}

/** The agent is gone without a word, and a new one begins. */
async function replaceAgent(): Promise<void> {
  await agent.close()
  agent = await open()
}

describe('instances', () => {
  test('an instance starts, becomes ready, stops, and is forgotten', async () => {
    const instance = spec('fake ready=50ms graceful=20ms')
    expect((await call('start', { epoch: 1, instance })).body).toMatchObject({
      id: instance.id,
      state: { status: 'starting' },
    })
    await until(instance.id, 'ready')
    await call('stop', { epoch: 1, instance: instance.id })
    expect((await until(instance.id, 'exited')).state).toMatchObject({
      exit: { reason: 'stopped', code: 0, message: 'Stopped' },
    })
    await call('forget', { epoch: 1, instance: instance.id })
    expect(agent.context.instances.all()).toEqual([])
  })

  test('the same order twice makes one instance', async () => {
    const instance = spec('fake')
    await call('start', { epoch: 1, instance })
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
    expect(agent.context.instances.all().length).toBe(1)
  })

  test('one that crashes says how, with its last lines', async () => {
    const instance = spec('fake print=it_went_wrong exit=3 after=30ms never-ready')
    await call('start', { epoch: 1, instance })
    expect((await until(instance.id, 'exited')).state).toMatchObject({
      exit: { reason: 'exited', message: 'Exited with status 3', tail: ['it went wrong'] },
    })
  })

  test('one that uses too much memory is told from one that was killed', async () => {
    const hungry = spec('fake oom after=10ms')
    const killed = spec('fake')
    await call('start', { epoch: 1, instance: hungry })
    await call('start', { epoch: 1, instance: killed })
    await until(killed.id, 'ready')
    await call('kill', { epoch: 1, instance: killed.id })
    expect((await until(hungry.id, 'exited')).state).toMatchObject({
      exit: { message: 'Killed: used more than 512 MB of memory' },
    })
    expect((await until(killed.id, 'exited')).state).toMatchObject({
      exit: { reason: 'killed', message: 'Killed' },
    })
  })

  test('one that never listens is ended after its boot timeout', async () => {
    const instance = spec('fake never-ready', { health: { path: null, port: 5000, bootTimeout: 0.2 } })
    await call('start', { epoch: 1, instance })
    const { state } = await until(instance.id, 'exited')
    expect(state).toMatchObject({ exit: { reason: 'boot timeout' } })
    expect(state.status === 'exited' ? state.exit.message : '').toContain(
      'Did not listen on port 5000 within 0.2 s',
    )
  })

  test('a health path has to answer before the instance is ready', async () => {
    const instance = spec('fake ready=30ms', {
      health: { path: '/health', port: nextPort++, bootTimeout: 5 },
    })
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
  })

  test('one that does not hear SIGTERM is killed after its grace', async () => {
    const instance = spec('fake deaf', { grace: 0.1 })
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
    await call('stop', { epoch: 1, instance: instance.id })
    expect((await until(instance.id, 'exited')).state).toMatchObject({
      exit: { reason: 'stopped', signal: 'SIGKILL' },
    })
  })

  test('a new agent takes over what runs, what starts and what ended meanwhile', async () => {
    const runs = spec('fake')
    const slow = spec('fake ready=200ms')
    const ends = spec('fake exit=7 after=50ms')
    for (const instance of [runs, slow, ends]) await call('start', { epoch: 1, instance })
    await until(runs.id, 'ready')
    await agent.close()
    await sleep(60)
    agent = await open()
    expect((await until(ends.id, 'exited')).state).toMatchObject({ exit: { code: 7 } })
    expect((await until(runs.id, 'ready')).release).toBe(1)
    await until(slow.id, 'ready')
    await call('stop', { epoch: 1, instance: runs.id })
    await until(runs.id, 'exited')
  })

  test('a stop that was begun is finished by the next agent', async () => {
    const instance = spec('fake deaf', { grace: 0.3 })
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
    await call('stop', { epoch: 1, instance: instance.id })
    await replaceAgent()
    expect((await until(instance.id, 'exited')).state).toMatchObject({ exit: { reason: 'stopped' } })
  })

  test('an order that was interrupted before anything was made may come again', async () => {
    const instance = spec('fake')
    const folder = join(home, 'instances', instance.id)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'spec.json'), JSON.stringify({ version: 1, spec: instance }))
    await replaceAgent()
    expect(existsSync(folder)).toBe(false)
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
  })

  test('what the logs process needs to know stands beside the output', async () => {
    const instance = spec('fake exit=0')
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'exited')
    const source = join(home, 'instances', instance.id, 'log', 'source.json')
    for (let round = 0; round < 50 && !readFileSync(source, 'utf8').includes('true'); round++) await sleep(10)
    expect(JSON.parse(readFileSync(source, 'utf8'))).toEqual({
      app: instance.app,
      process: 'web.1',
      ended: true,
    })
  })

  test('the input of an attached run comes back as frames, and its end as the last one', async () => {
    const instance = spec('fake echo', { kind: 'run', attach: true, health: null })
    await call('start', { epoch: 1, instance })
    const frames: [number, string][] = []
    await new Promise<void>((resolve, reject) => {
      const sent = request({
        socketPath: socketPath(),
        path: `/v1/attach/${instance.id}`,
        headers: { connection: 'Upgrade', upgrade: 'skypanel-run' },
      })
      sent.on('error', reject)
      sent.on('upgrade', (_, socket) => {
        const decode = frameDecoder((type, payload) => {
          frames.push([type, payload.toString()])
          if (type === RunFrame.stdout) socket.write(encodeFrame(RunFrame.stdinEnd))
        })
        socket.on('data', decode)
        socket.on('end', resolve)
        socket.write(encodeFrame(RunFrame.stdin, 'hello'))
      })
      sent.end()
    })
    expect(frames[0]).toEqual([RunFrame.stdout, 'hello'])
    expect(frames.at(-1)?.[0]).toBe(RunFrame.exit)
  })

  test('an attached run and an open question do not keep a replaced agent from ending', async () => {
    const instance = spec('fake echo', { kind: 'run', attach: true, health: null })
    await call('start', { epoch: 1, instance })
    const run = await new Promise<Duplex>((resolve, reject) => {
      const sent = request({
        socketPath: socketPath(),
        path: `/v1/attach/${instance.id}`,
        headers: { connection: 'Upgrade', upgrade: 'skypanel-run' },
      })
      sent.on('error', reject)
      sent.on('upgrade', (_, socket) => resolve(socket))
      sent.end()
    })
    const cut = new Promise<void>((resolve) =>
      run.on('error', () => undefined).once('close', () => resolve()),
    )
    run.resume()
    await replaceAgent()
    await cut
    expect(await call('hello', {})).toMatchObject({ status: 200 })
  })
})

describe('orders', () => {
  test('a server of an older epoch is refused, also by the next agent', async () => {
    await call('lead', { epoch: 5 })
    expect(await call('kill', { epoch: 4, instance: randomUUID() })).toMatchObject({
      status: 409,
      body: { id: 'stale_epoch' },
    })
    await replaceAgent()
    expect(await call('lead', { epoch: 4 })).toMatchObject({ status: 409 })
    expect(await call('lead', { epoch: 5 })).toMatchObject({ status: 200, body: { epoch: 5 } })
  })

  test('malformed orders, unknown verbs and unknown instances are told apart', async () => {
    expect(await call('start', { epoch: 1, instance: { id: '../../etc' } })).toMatchObject({
      status: 400,
      body: { id: 'bad_request' },
    })
    expect(await call('constructor', {})).toMatchObject({ status: 400 })
    expect(await call('stop', { epoch: 1, instance: randomUUID() })).toMatchObject({
      status: 404,
      body: { id: 'unknown_instance' },
    })
  })

  test('hello says what this node is', async () => {
    expect((await call('hello', {})).body).toMatchObject({
      protocol: 1,
      installation: 'f0a1',
      drivers: [{ name: 'fake', ok: true }],
      stack: 'test',
    })
  })

  test('an app with running instances is not destroyed', async () => {
    const instance = spec('fake')
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
    expect(await call('destroyApp', { epoch: 1, app: instance.app })).toMatchObject({ status: 400 })
    await call('kill', { epoch: 1, instance: instance.id })
    await until(instance.id, 'exited')
    expect(await call('destroyApp', { epoch: 1, app: instance.app })).toMatchObject({ status: 200 })
  })
})

const plan = {
  planVersion: 1,
  builder: 'test',
  source: { root: '.' },
  detected: [],
  tools: [],
  systemPackages: { build: [], run: [] },
  steps: [],
  caches: {},
  release: { include: [], env: {}, static: null, processes: {}, healthcheck: null },
  notes: [],
}

function buildOrder(build: string, after = 0) {
  mkdirSync(join(home, 'builds', build, 'source', 'app'), { recursive: true })
  return {
    epoch: 1,
    build,
    app: '0198c0de-0000-7000-8000-000000000001',
    plan,
    env: {},
    after,
    limits: { memoryMb: 512, cpuMilli: 1000, pids: 64, diskMb: 100, seconds: 60 },
  }
}

function follow(order: unknown, told: (event: BuildEvent) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: socketPath(), agent: false, method: 'POST', path: '/v1/build' },
      (response) => {
        let rest = ''
        response.on('data', (data: Buffer) => {
          const lines = (rest + data.toString()).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) told(BuildEvent.parse(JSON.parse(line)))
        })
        response.on('close', resolve)
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(order))
  })
}

async function released(build: string): Promise<void> {
  for (let round = 0; round < 200 && !held.release.has(build); round++) await sleep(5)
  held.release.get(build)?.()
}

describe('builds', () => {
  test('two followers of one build see the same events, each from where it asks', async () => {
    const build = randomUUID()
    const first: BuildEvent[] = []
    const second: BuildEvent[] = []
    const one = follow(buildOrder(build), (event) => first.push(event))
    const two = sleep(20).then(() => follow(buildOrder(build, 1), (event) => second.push(event)))
    await released(build)
    await Promise.all([one, two])
    expect(first.map((event) => event.type)).toEqual(['line', 'succeeded'])
    expect(second.map((event) => event.seq)).toEqual([2])
  })

  test('a canceled build says so, and a finished one can be read again later', async () => {
    const build = randomUUID()
    const events: BuildEvent[] = []
    const done = follow(buildOrder(build), (event) => events.push(event))
    await sleep(50)
    expect((await call('cancelBuild', { epoch: 1, build })).body).toEqual({ canceled: true })
    await done
    expect(events.at(-1)).toMatchObject({ type: 'failed', code: 'build_canceled' })
    const again: BuildEvent[] = []
    await replaceAgent()
    await follow(buildOrder(build), (event) => again.push(event))
    expect(again).toEqual(events)
  })

  test('a build that an agent took along goes on when it is asked for again', async () => {
    const build = randomUUID()
    mkdirSync(join(home, 'builds', build), { recursive: true })
    appendFileSync(
      join(home, 'builds', build, 'events.ndjson'),
      `${JSON.stringify({ seq: 1, type: 'line', text: 'first' })}\n{"seq":2,"ty`,
    )
    const events: BuildEvent[] = []
    const done = follow(buildOrder(build), (event) => events.push(event))
    await released(build)
    await done
    expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4])
    expect(events[1]).toMatchObject({ text: expect.stringContaining('interrupted') })
  })

  test('a build whose source was not exported is refused', async () => {
    const order = buildOrder(randomUUID())
    expect(await call('build', { ...order, build: randomUUID() })).toMatchObject({
      status: 404,
      body: { id: 'unknown_build' },
    })
  })
})

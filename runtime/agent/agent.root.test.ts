import { randomUUID } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { CellProvider } from '../../buildpacks/engine.ts'
import type { InstanceSpec, ObservedInstance } from '../../server/contract/nodes.ts'
import { RunFrame } from '../../server/contract/runs.ts'
import { askAgent, NO_BUILDS, untilInstance, writeAgentHome } from '../../test/support/agent-home.ts'
import { type AgentConfig, agentConfig } from '../config.ts'
import { specOf } from '../driver/conformance.ts'
import { encodeFrame, frameDecoder } from '../driver/frames.ts'
import { type ContainedStage, openNspawnStage } from '../driver/test-stage.ts'
import { run, tryRun } from '../exec.ts'
import { type RunningAgent, startAgent } from './agent.ts'

const NOBODY = { uid: 65534, gid: 65534 }
const RANGE = '10.215.64.0/18'
const ID = 'f0b1'

let stage: ContainedStage
let agent: RunningAgent
let config: AgentConfig
let cells: CellProvider
let directory: Server
let published: string[] = []
const warnings: string[] = []

const open = () =>
  startAgent(
    config,
    (message, error) => warnings.push(`${message} ${error instanceof Error ? error.message : ''}`),
    async (_, provider) => {
      cells = provider
      return NO_BUILDS
    },
  )

/** As the directory: takes the table of instances. */
async function openDirectory(path: string): Promise<Server> {
  mkdirSync(join(path, '..'), { recursive: true })
  const server = createServer((incoming, response) => {
    let text = ''
    incoming.on('data', (data: Buffer) => (text += data.toString()))
    incoming.on('end', () => {
      if (incoming.url === '/instances')
        published = (JSON.parse(text) as { instances: { id: string }[] }).instances.map((one) => one.id)
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return server
}

beforeAll(async () => {
  stage = await openNspawnStage(ID, RANGE)
  writeAgentHome(stage, { id: ID, range: RANGE, port: 21_101 })
  config = { ...agentConfig(stage.home), net: NOBODY, server: NOBODY, router: { uid: 65533, gid: 65534 } }
  directory = await openDirectory(config.paths.directorySocket)
  agent = await open()
}, 60_000)

afterAll(async () => {
  await agent?.close()
  directory?.close()
  await stage?.close()
})

const call = <T = unknown>(verb: string, body: unknown) => askAgent<T>(config.paths.agentSocket, verb, body)
const until = (id: string, status: ObservedInstance['state']['status']) =>
  untilInstance(config.paths.agentSocket, id, status)

const web = (command: string, more: Partial<InstanceSpec> = {}) =>
  specOf(stage, command, {
    routed: true,
    health: { path: '/', port: 5000, bootTimeout: 20 },
    limits: { memoryMb: 256, cpuMilli: 2000, pids: 64, diskMb: 16 },
    ...more,
  })
const SERVER = `exec node -e 'process.on("SIGTERM",()=>process.exit(0));require("http").createServer((q,r)=>r.end("hi")).listen(5000,"0.0.0.0")'`

describe('the agent with real instances', { timeout: 60_000 }, () => {
  test.each([
    { by: 'the node’s own driver', driver: undefined, program: 'systemd-nspawn' },
    { by: 'the one that it asks for', driver: 'lxc', program: 'lxc-start' },
  ] as const)(
    'an app becomes ready by what it answers, is published, and goes on under the next agent, run by $by',
    async ({ driver, program }) => {
      const instance = web(SERVER, driver === undefined ? {} : { driver })
      await call('start', { epoch: 1, instance })
      const ready = await until(instance.id, 'ready')
      expect((await tryRun(['ps', '-e', '-o', 'args'])).stdout).toMatch(
        new RegExp(`${program}.*${instance.id}`),
      )
      expect(published).toEqual([instance.id])
      await agent.close()
      agent = await open()
      await until(instance.id, 'ready')
      const answer = await tryRun(
        [process.execPath, '-e', `fetch("http://${ready.address}:5000").then(r=>r.text()).then(console.log)`],
        NOBODY,
      )
      expect(answer).toMatchObject({ stdout: 'hi\n' })
      const stats = await call<{ id: string; memoryMb: number }[]>('stats', {})
      expect(stats.body).toMatchObject([{ id: instance.id }])
      await call('stop', { epoch: 1, instance: instance.id })
      expect((await until(instance.id, 'exited')).state).toMatchObject({
        exit: { reason: 'stopped', code: 0 },
      })
      expect(published).toEqual([])
      await call('forget', { epoch: 1, instance: instance.id })
      expect((await call('audit', {})).body).toEqual({ findings: [] })
    },
  )

  test('an app that does not answer its readiness check is in no registry until it does', async () => {
    const sick = `exec node -e 'const t=Date.now();require("http").createServer((q,r)=>{const a=Date.now()-t;r.statusCode=q.url==="/up"&&a>1500&&a<4000?503:200;r.end()}).listen(5000,"0.0.0.0")'`
    const readiness = {
      path: '/up',
      host: null,
      status: [[200, 299]] as [number, number][],
      body: null,
      timeout: 1,
      interval: 0.2,
      failures: 1,
      successes: 1,
    }
    const instance = web(sick, { health: { path: '/', port: 5000, bootTimeout: 20, readiness } })
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
    await vi.waitUntil(() => published.length === 0, 20_000)
    expect((await until(instance.id, 'ready')).state).toMatchObject({
      unready: 'GET /up on port 5000 was answered with 503',
    })
    await vi.waitUntil(() => published.length === 1, 20_000)
    await call('kill', { epoch: 1, instance: instance.id })
    await until(instance.id, 'exited')
    await call('forget', { epoch: 1, instance: instance.id })
  })

  test('a command inside of an instance goes through the agent, by its door alone and under the next agent too', async () => {
    const instance = web(SERVER, { env: { COLOUR: 'red' } })
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
    await agent.close()
    agent = await open()
    const order = { epoch: 1, instance: instance.id, env: {}, pty: { rows: 24, columns: 80 } }
    const { body } = await call<{ exec: string }>('exec', {
      ...order,
      command: 'echo $COLOUR; read x; exit $x',
    })
    const frames: [number, string][] = []
    await new Promise<void>((resolve, reject) => {
      const asked = request({
        socketPath: config.paths.agentSocket,
        path: `/v1/exec/${instance.id}/${body.exec}`,
        headers: { connection: 'Upgrade', upgrade: 'skypanel-run' },
      })
      asked.on('error', reject)
      asked.on('response', (response) => reject(new Error(`refused: ${response.statusCode}`)))
      asked.on('upgrade', (_, socket, head: Buffer) => {
        const decode = frameDecoder((type, payload) => frames.push([type, payload.toString()]))
        decode(head)
        socket.on('data', decode).on('end', resolve)
        socket.write(encodeFrame(RunFrame.stdin, '42\n'))
      })
      asked.end()
    })
    expect(frames.map(([, text]) => text).join('')).toContain('red\r\n')
    expect(frames.at(-1)).toEqual([RunFrame.exit, '{"code":42}'])
    await call('stop', { epoch: 1, instance: instance.id })
    await until(instance.id, 'exited')
    await call('forget', { epoch: 1, instance: instance.id })
    expect((await call('audit', {})).body).toEqual({ findings: [] })
  })

  test.each(['nspawn', 'lxc'] as const)(
    'a program that cannot be started says why, by %s',
    async (driver) => {
      const instance = web('true', { artifact: { ...stage.artifact, stack: '/nonexistent' }, driver })
      await call('start', { epoch: 1, instance })
      expect((await until(instance.id, 'exited')).state).toMatchObject({
        exit: {
          reason: 'start failed',
          message: expect.stringMatching(/^Could not be started: .*No such file or directory/),
        },
      })
      await call('forget', { epoch: 1, instance: instance.id })
    },
  )

  test('an order of another user is refused, although the socket let it in', async () => {
    await run(['chmod', '-R', 'o+rx', join(stage.home, 'run')])
    await run(['chmod', 'o+rw', config.paths.agentSocket])
    const script = `const r=require("http").request({socketPath:process.argv[1],path:"/v1/hello",method:"POST"},(a)=>{console.log(a.statusCode);process.exit()});r.end("{}")`
    const ask = async (uid: number) =>
      (
        await tryRun([process.execPath, '-e', script, config.paths.agentSocket], { uid, gid: uid })
      ).stdout.trim()
    expect(await ask(65534)).toBe('200')
    expect(await ask(12345)).toBe('403')
  })

  test('names that an instance asks for reach the directory on loopback', async () => {
    const asked: Buffer[] = []
    const dns = createSocket('udp4')
    dns.on('message', (message, from) => {
      asked.push(message)
      dns.send(message, from.port, from.address)
    })
    await new Promise<void>((resolve) => dns.bind(21104, '127.0.0.1', resolve))
    const gatewayAddress = RANGE.replace('64.0/18', '64.1')
    const instance = web(
      `exec node -e 'const s=require("dgram").createSocket("udp4");s.on("message",(m)=>{console.log("answer "+m);process.exit()});s.send("question",53,"${gatewayAddress}");setTimeout(()=>process.exit(9),2000)'`,
      { health: null, routed: false },
    )
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'exited')
    dns.close()
    expect(asked.map(String)).toEqual(['question'])
    expect(readFileSync(join(stage.home, 'instances', instance.id, 'log', 'out'), 'utf8')).toBe(
      'answer question\n',
    )
    await call('forget', { epoch: 1, instance: instance.id })
  })

  test('a build cell sees neither our processes nor our network, and dies as a whole', async () => {
    const cell = await cells.open(`build-${randomUUID()}`, {
      memoryMb: 256,
      cpuMilli: 1000,
      pids: 50,
      diskMb: 100,
      seconds: 60,
    })
    const inside = async (...argv: string[]) => (await tryRun([...cell.prefix, ...argv])).stdout
    expect(await inside('/bin/cat', '/etc/resolv.conf')).toContain('nameserver 10.215.64.1')
    expect((await inside('/sbin/ip', '-br', 'address')).replaceAll(/\s+/g, ' ')).toContain('10.215.112.0/18')
    expect(
      (await inside('/bin/sh', '-c', 'ls -d /proc/[0-9]*')).trim().split('\n').length,
    ).toBeLessThanOrEqual(3)
    // Beside the instances and the platform's own processes, which come first (limits/yielding.root.test.ts).
    expect(await inside('/bin/cat', '/proc/self/cgroup')).toContain(`/skypanel-${ID}-builds/b-0\n`)
    expect((await tryRun([...cell.prefix, '/bin/sh', '-c', 'exit 7'])).code).toBe(7)
    const marker = `31${Math.floor(Math.random() * 1e6)}`
    const left = tryRun([...cell.prefix, '/bin/sh', '-c', `setsid sleep ${marker} & sleep ${marker}`])
    await sleep(200)
    await cell.kill()
    await left
    expect((await tryRun(['pgrep', '-f', `sleep ${marker}`])).stdout).toBe('')
    await cell.close()
    expect(stage.buildLimiter.groups()).toEqual([])
  })

  test('what an agent left of a build is swept by the next one', async () => {
    const cell = await cells.open('left', {
      memoryMb: 256,
      cpuMilli: 1000,
      pids: 50,
      diskMb: 100,
      seconds: 60,
    })
    const sleeper = tryRun([...cell.prefix, '/bin/sleep', '1000'])
    await sleep(100)
    await agent.close()
    agent = await open()
    expect((await sleeper).code).not.toBe(0)
    expect(stage.buildLimiter.groups()).toEqual([])
    expect(existsSync(`/run/netns/skypanel-${ID}-b0`)).toBe(false)
  })
})

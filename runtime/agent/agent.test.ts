import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { RunFrame } from '../../server/contract/runs.ts'
import { encodeFrame, frameDecoder } from '../driver/frames.ts'
import {
  agent,
  agentForEachTest,
  call,
  freshPort,
  home,
  replaceAgent,
  socketPath,
  spec,
  until,
} from '../../test/support/fake-agent.ts'

agentForEachTest()

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
      health: { path: '/health', port: freshPort(), bootTimeout: 5 },
    })
    await call('start', { epoch: 1, instance })
    await until(instance.id, 'ready')
  })

  const check = (probe: object) => ({
    path: '/',
    host: null,
    status: [[200, 299]] as [number, number][],
    body: null,
    timeout: 1,
    interval: 0.03,
    failures: 2,
    successes: 1,
    ...probe,
  })

  test('a running instance that fails its readiness check says so until it answers again', async () => {
    const port = freshPort()
    const health = { path: null, port, bootTimeout: 5, readiness: check({}) }
    const instance = spec('fake sick=100ms well=500ms', { health })
    await call('start', { epoch: 1, instance })
    const why = async () => {
      const state = agent.context.instances.find(instance.id)?.state.status
      await sleep(10)
      return state?.status === 'ready' ? (state.unready ?? 'well') : state?.status
    }
    await vi.waitUntil(async () => (await why()) === `GET / on port ${port} was answered with 503`, 5000)
    await replaceAgent()
    await vi.waitUntil(async () => (await why()) === 'well', 5000)
  })

  test('one that fails its liveness check is ended and says why', async () => {
    const port = freshPort()
    const health = { path: null, port, bootTimeout: 5, liveness: check({ body: 'sample' }) }
    const sick = spec('fake sick=100ms graceful=10ms', { health })
    await call('start', { epoch: 1, instance: sick })
    expect((await until(sick.id, 'exited')).state).toMatchObject({
      exit: {
        reason: 'unhealthy',
        message: `Ended: its liveness check failed: GET / on port ${port} was answered with 503`,
      },
    })
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
    await replaceAgent(60)
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

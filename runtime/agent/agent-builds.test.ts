import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { BuildEvent } from '../../server/contract/nodes.ts'
import {
  agentForEachTest,
  call,
  held,
  home,
  replaceAgent,
  socketPath,
} from '../../test/support/fake-agent.ts'

agentForEachTest()

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

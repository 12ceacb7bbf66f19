import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach } from 'vitest'
import type { BuildEngine } from '../../buildpacks/engine.ts'
import { InstanceSpec, type ObservedInstance } from '../../server/contract/nodes.ts'
import { agentConfig } from '../../runtime/config.ts'
import { type RunningAgent, startAgent } from '../../runtime/agent/agent.ts'

export let home: string
export let agent: RunningAgent
export const warnings: string[] = []
let nextPort = 20_000 + Math.floor(Math.random() * 20_000)
export const freshPort = () => nextPort++

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
    tidy: async () => undefined,
    caches: async () => [],
    purgeCaches: async () => 0,
    forgetApp: async () => undefined,
    sweep: async () => [],
  }
  return { engine, release }
}

export let held = heldEngine()
const open = () =>
  startAgent(
    agentConfig(home),
    (message, error) => warnings.push(`${message} ${JSON.stringify(error ?? '')}`),
    async () => held.engine,
  )

/** A fresh home with a fake driver and a held engine for each test of the file that calls this. */
export function agentForEachTest(): void {
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
}

export const socketPath = () => join(home, 'run', 'agent', 'agent.sock')

export function call(verb: string, body: unknown): Promise<{ status: number; body: never }> {
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

export function spec(command: string, more: Partial<InstanceSpec> = {}): InstanceSpec {
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

export async function until(
  id: string,
  status: ObservedInstance['state']['status'],
): Promise<ObservedInstance> {
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

/** The agent is gone without a word, and after `pause` ms a new one begins. */
export async function replaceAgent(pause = 0): Promise<void> {
  await agent.close()
  await sleep(pause)
  agent = await open()
}

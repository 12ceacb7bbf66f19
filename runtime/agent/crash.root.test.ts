import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InstanceSpec, ObservedInstance } from '../../server/contract/nodes.ts'
import { askAgent, writeAgentHome } from '../../test/support/agent-home.ts'
import { compile, compiled } from '../../test/support/compiled.ts'
import { specOf } from '../driver/conformance.ts'
import { type ContainedStage, openNspawnStage } from '../driver/test-stage.ts'
import { CLEAN_ENV, type RunningProcess, start } from '../exec.ts'

const ID = 'f0c1'
const RANGE = '10.216.64.0/18'
let stage: ContainedStage
/** The one that runs, if any. */
const agents: RunningProcess[] = []

beforeAll(async () => {
  compile()
  stage = await openNspawnStage(ID, RANGE)
  writeAgentHome(stage, { id: ID, range: RANGE, port: 21_201 })
}, 60_000)
afterAll(async () => {
  await killAgent()
  await stage?.close()
})

async function launchAgent(): Promise<void> {
  agents.push(
    await start({
      argv: [process.execPath, compiled('runtime/agent/main.ts'), '--home', stage.home],
      env: CLEAN_ENV,
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
}

/** Without a word, as the kernel does for lack of memory. */
async function killAgent(): Promise<void> {
  const running = agents.pop()
  if (running === undefined || running.exitCode !== null) return
  const gone = new Promise((resolve) => running.once('exit', resolve))
  running.kill('SIGKILL')
  await gone
}

async function once<T>(verb: string, order: unknown): Promise<T> {
  const { status, body } = await askAgent<T>(join(stage.home, 'run/agent/agent.sock'), verb, order)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body
}

/** As the server does: an order that got no answer is given again. */
async function call<T>(verb: string, body: unknown): Promise<T> {
  for (let round = 0; ; round++) {
    try {
      return await once<T>(verb, body)
    } catch (error) {
      if (round > 300 || agents.length === 0) throw error
      await sleep(50)
    }
  }
}

async function look(id: string): Promise<ObservedInstance | undefined> {
  return (await call<{ instances: ObservedInstance[] }>('observe', {})).instances.find((one) => one.id === id)
}

async function settled(instance: InstanceSpec): Promise<string> {
  for (let round = 0; round < 400; round++, await sleep(25)) {
    const status = (await look(instance.id))?.state.status
    // One of which nothing was made before the kill is ordered again.
    if (status === undefined) await call('start', { epoch: 1, instance })
    if (status === 'ready' || status === 'exited') return status
  }
  throw new Error('never settled')
}

test('an agent that is killed at any moment of a start or a stop leaves nothing behind and nothing running twice', {
  timeout: 170_000,
}, async () => {
  await launchAgent()
  await call('hello', {})
  for (const delay of [0, 2, 5, 10, 20, 40, 80, 160]) {
    const instance = specOf(stage, 'exec sleep 1000')
    void once('start', { epoch: 1, instance }).catch(() => undefined)
    await sleep(delay)
    await killAgent()
    await launchAgent()
    const status = await settled(instance)
    if (status === 'ready') {
      void once('stop', { epoch: 1, instance: instance.id }).catch(() => undefined)
      await sleep(delay)
      await killAgent()
      await launchAgent()
      for (let round = 0; (await look(instance.id))?.state.status !== 'exited'; round++) {
        if (round % 20 === 0) await call('stop', { epoch: 1, instance: instance.id })
        await sleep(25)
        expect(round, `stop, killed after ${delay} ms`).toBeLessThan(600)
      }
    }
    await call('forget', { epoch: 1, instance: instance.id })
    expect(await call('audit', {}), `after ${delay} ms`).toEqual({ findings: [] })
    expect(stage.traces(), `after ${delay} ms`).toEqual([])
  }
})

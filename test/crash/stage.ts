import { afterAll, beforeAll, expect } from 'vitest'
import {
  fakeApp,
  openCheckout,
  startFakePlatform,
  until,
  type Checkout,
  type FakePlatform,
} from '../support/fake-platform.ts'
import { join } from 'node:path'
import { expectDone, quiet, type World } from './at-rest.ts'
import { deployUpload } from '../support/upload.ts'
import type { AnyScenario } from './scenarios.ts'

/**
 * The stage of the crash matrix: platforms with the fake driver, on which the server, or the agent, is killed at every
 * point of the journal that a deploy, scaling, config change, rollback or destruction passes. What is left once they
 * are back must be all of it done, exactly once, and nothing besides. Each file that imports this has its own.
 */
interface Lane {
  readonly platform: FakePlatform
  readonly world: World
}

/** A case waits (for drains, for processes that start) more than it computes, so several go on beside each other. */
const LANES = 3
const lanes: Lane[] = []
const idle: Lane[] = []
const waiting: ((lane: Lane) => void)[] = []
const recoveries: number[] = []
const checkouts: Checkout[] = []
let count = 0

beforeAll(async () => {
  const open = async () => {
    // On a busy machine an agent takes longer to come back than the three seconds that other tests wait for a boot.
    const platform = await startFakePlatform({ SKYPANEL_BOOT_TIMEOUT: '60' })
    const observed = platform.observed.bind(platform)
    lanes.push({ platform, world: { db: platform.db, git: join(platform.home, 'git'), observed } })
  }
  await Promise.all(Array.from({ length: LANES }, open))
  idle.push(...lanes)
}, 120_000)
afterAll(async () => {
  recoveries.sort((a, b) => a - b)
  const at = (share: number) => Math.round(recoveries[Math.floor((recoveries.length - 1) * share)] ?? 0)
  console.log(
    `${recoveries.length} recoveries: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms from the return of the killed process`,
  )
  for (const { remove } of checkouts) await remove()
  for (const { platform } of lanes) await platform[Symbol.asyncDispose]()
})

/** Runs a case of `scenario` on a platform that no other case uses; `crash` kills something while `act` is at work. */
export async function onStage(
  scenario: AnyScenario,
  crash: (platform: FakePlatform, act: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const lane = idle.pop() ?? (await new Promise<Lane>((resolve) => waiting.push(resolve)))
  try {
    await play(lane, scenario, crash)
  } catch (error) {
    await mend(lane.platform)
    throw error
  } finally {
    const next = waiting.shift()
    if (next === undefined) idle.push(lane)
    else next(lane)
  }
}

async function play(lane: Lane, scenario: AnyScenario, crash: Parameters<typeof onStage>[1]): Promise<void> {
  const { act, ...app } = await prepare(lane, scenario)
  let acting: Promise<unknown> = Promise.resolve()
  await crash(lane.platform, () => (acting = act().catch(() => null)))
  const back = performance.now()
  await expectDone(lane.world, scenario, app)
  recoveries.push(performance.now() - back)
  await acting
}

/** What a failed case left is not the next one's. */
async function mend(platform: FakePlatform): Promise<void> {
  await platform.crashAt(null)
  await platform.stopServer('SIGKILL')
  await platform.stopAgent('SIGKILL')
  await platform.startAgent()
  await platform.startServer()
}

const STRATEGIES: Readonly<Record<string, object>> = {
  switch: { strategy: 'blue-green', keep_seconds: 0 },
  'way back': { strategy: 'blue-green', keep_seconds: 600 },
  'back out': { watch_seconds: 600 },
}

/** An app with v1 live, scaled as the scenario begins. */
async function prepare({ platform, world }: Lane, scenario: AnyScenario) {
  count += 1
  const number = count
  const app = await platform.createApp(`crash-${number}`)
  const work = await openCheckout(app.remote)
  checkouts.push(work)
  const path = `/apps/${app.name}`
  await work.change(fakeApp({ note: `one ${number}`, release: 'fake exit=0' }))
  expect(await work.push()).toMatchObject({ code: 0 })
  const quantity = scenario === 'scale down' ? 2 : 1
  if (quantity === 2)
    await platform.api('PATCH', `${path}/formation`, { updates: [{ type: 'web', quantity }] })
  if (scenario === 'rollback') {
    await work.change(fakeApp({ note: `two ${number}`, release: 'fake exit=0' }))
    await work.push()
  }
  await quiet(world, app.id, quantity)
  if (scenario in STRATEGIES) await platform.api('PATCH', `${path}/deploy-strategy`, STRATEGIES[scenario])
  if (scenario === 'way back') {
    await work.change(fakeApp({ note: `two ${number}`, release: 'fake exit=0' }))
    await work.push()
    await until('the old one is kept', async () => {
      const rows = await world.db.query<{ phase: string; confirmed: boolean }>(
        `SELECT phase, confirmed FROM instances WHERE app_id = $1 AND phase <> 'ended'
            AND NOT EXISTS (SELECT FROM jobs WHERE app_id = $1 AND state <> 'done') ORDER BY phase`,
        [app.id],
      )
      return (
        rows.map(({ phase, confirmed }) => `${phase} ${confirmed}`).join() === 'draining true,started true'
      )
    })
    await platform.api('PATCH', `${path}/deploy-strategy`, { keep_seconds: 0 })
  }
  // The last step's effect is there a moment before its point is passed; a server that answers this has passed it.
  await platform.api('GET', path)
  const act = async (): Promise<unknown> => {
    switch (scenario) {
      case 'back out':
        await work.change(fakeApp({ note: `bad ${number}`, web: 'fake exit=9 after=700ms' }))
        return work.push()
      case 'deploy':
      case 'switch':
        await work.change(fakeApp({ note: `next ${number}`, release: 'fake exit=0' }))
        return work.push()
      case 'upload':
        return deployUpload(platform, app.name, fakeApp({ note: `up ${number}`, release: 'fake exit=0' }))
      case 'failing deploy':
        await work.change(fakeApp({ note: `bad ${number}`, web: 'fake never-ready exit=3 after=50ms' }))
        return work.push()
      case 'config':
        return platform.api('PATCH', `${path}/config-vars`, { COLOUR: 'red' })
      case 'rollback':
      case 'way back':
        return platform.api('POST', `${path}/rollback`, { version: 1 })
      case 'destroy':
        return platform.api('DELETE', `${path}?confirm=${app.name}`)
      case 'scale up':
      case 'scale down':
        return platform.api('PATCH', `${path}/formation`, {
          updates: [{ type: 'web', quantity: scenario === 'scale up' ? 2 : 1 }],
        })
    }
  }
  return { id: app.id, folder: work.folder, act }
}

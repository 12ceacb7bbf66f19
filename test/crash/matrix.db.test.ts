import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
import { losesReleaseCommand, SCENARIOS, scenarios, stopAt, type Scenario } from './scenarios.ts'

/**
 * Kills the server, or the agent, at every point of the journal that a deploy, scaling, config change, rollback or
 * destruction passes, and looks at what is left once they are back: all of it done, exactly once, and nothing besides.
 */
let platform: FakePlatform
let world: World
const checkouts: Checkout[] = []
const recoveries: number[] = []
let count = 0

beforeAll(async () => {
  platform = await startFakePlatform()
  world = { db: platform.db, git: join(platform.home, 'git'), observed: platform.observed.bind(platform) }
}, 120_000)
afterAll(async () => {
  recoveries.sort((a, b) => a - b)
  const at = (share: number) => Math.round(recoveries[Math.floor((recoveries.length - 1) * share)] ?? 0)
  console.log(
    `${recoveries.length} recoveries: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms from the return of the killed process`,
  )
  for (const { remove } of checkouts) await remove()
  await platform[Symbol.asyncDispose]()
})

/** An app with v1 live, scaled as the scenario begins. */
async function prepare(scenario: Scenario) {
  count += 1
  const app = await platform.createApp(`crash-${count}`)
  const work = await openCheckout(app.remote)
  checkouts.push(work)
  const path = `/apps/${app.name}`
  await work.change(fakeApp({ note: `one ${count}`, release: 'fake exit=0' }))
  expect(await work.push()).toMatchObject({ code: 0 })
  const quantity = scenario === 'scale down' ? 2 : 1
  if (quantity === 2)
    await platform.api('PATCH', `${path}/formation`, { updates: [{ type: 'web', quantity }] })
  if (scenario === 'rollback') {
    await work.change(fakeApp({ note: `two ${count}`, release: 'fake exit=0' }))
    await work.push()
  }
  await quiet(world, app.id, quantity)
  const act = async (): Promise<unknown> => {
    switch (scenario) {
      case 'deploy':
        await work.change(fakeApp({ note: `next ${count}`, release: 'fake exit=0' }))
        return work.push()
      case 'failing deploy':
        await work.change(fakeApp({ note: `bad ${count}`, web: 'fake never-ready exit=3 after=50ms' }))
        return work.push()
      case 'config':
        return platform.api('PATCH', `${path}/config-vars`, { COLOUR: 'red' })
      case 'rollback':
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

for (const scenario of SCENARIOS) {
  describe(`a ${scenario}`, () => {
    it.each(scenarios[scenario])(
      'is done exactly once when the server is killed at %s',
      { timeout: 120_000 },
      async (point) => {
        const app = await prepare(scenario)
        await platform.stopServer()
        await platform.startServer({ SKYPANEL_CRASH_AT: point })
        const acting = app.act().catch(() => null)
        await until('the server killed itself', () => !platform.isServerRunning(), 30_000)
        const died = performance.now()
        await platform.startServer()
        const back = performance.now()
        await expectDone(world, scenario, app)
        recoveries.push(performance.now() - Math.max(died, back))
        await acting
      },
    )

    it.each(scenarios[scenario])(
      'is done exactly once when the agent is killed at %s',
      { timeout: 120_000 },
      async (point) => {
        const app = await prepare(scenario)
        await platform.stopServer()
        await platform.startServer({ SKYPANEL_CRASH_AT: stopAt(point) })
        const acting = app.act().catch(() => null)
        await until('the server stopped itself', () => platform.isServerStopped(), 30_000)
        await platform.stopAgent('SIGKILL')
        await platform.startAgent()
        platform.continueServer()
        const back = performance.now()
        await expectDone(world, scenario, app, losesReleaseCommand(scenario, point))
        recoveries.push(performance.now() - back)
        await acting
      },
    )
  })
}

import { afterAll, beforeAll, expect } from 'vitest'
import {
  fakeApp,
  openCheckout,
  startFakePlatform,
  type Checkout,
  type FakePlatform,
} from '../support/fake-platform.ts'
import { join } from 'node:path'
import { quiet, type World } from './at-rest.ts'
import type { Scenario } from './scenarios.ts'

/**
 * The stage of the crash matrix: a platform with the fake driver, on which the server, or the agent, is killed at every
 * point of the journal that a deploy, scaling, config change, rollback or destruction passes. What is left once they
 * are back must be all of it done, exactly once, and nothing besides. Each file that imports this has its own.
 */
export let platform: FakePlatform
export let world: World
/** ms from the return of the killed process to the app's being at rest. */
export const recoveries: number[] = []
const checkouts: Checkout[] = []
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
export async function prepare(scenario: Scenario) {
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

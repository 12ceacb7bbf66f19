import { afterAll, beforeAll, describe, it } from 'vitest'
import { NspawnWorld } from '../crash/nspawn-world.ts'
import type { Point, Scenario } from '../crash/scenarios.ts'

/**
 * A sample of test/crash/nspawn.crash.test.ts: a point before and one after each kind of effect. All recover, and
 * nothing is left over: no process, mount, namespace, link, group, store root, entry of the registry or row.
 */
let world: NspawnWorld
beforeAll(async () => {
  world = await NspawnWorld.open()
})
afterAll(() => world[Symbol.asyncDispose]())

const sample: readonly (readonly [Scenario, 'server' | 'agent', Point])[] = [
  ['deploy', 'server', 'build.entered'],
  ['deploy', 'server', 'launch.done:2'],
  ['deploy', 'server', 'ref.entered'],
  ['deploy', 'agent', 'build.entered'],
  ['deploy', 'agent', 'rollout.entered'],
  ['scale up', 'agent', 'launch.done'],
  ['scale down', 'server', 'stop.journaled'],
  ['config', 'agent', 'start.journaled'],
  ['rollback', 'server', 'complete.journaled'],
  ['destroy', 'server', 'stop-all.done'],
  ['destroy', 'agent', 'stop.journaled'],
]

describe('is done exactly once, and leaves nothing over', () => {
  it.each(sample)('a %s whose %s is killed at %s', (scenario, victim, point) =>
    world.crash(scenario, victim, point),
  )
})

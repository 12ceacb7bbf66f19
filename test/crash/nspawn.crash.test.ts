import { afterAll, beforeAll, describe, it } from 'vitest'
import { NspawnWorld } from './nspawn-world.ts'
import { SCENARIOS, scenarios } from './scenarios.ts'

/** The complete crash matrix on the installed platform: every point of the journal, the server and the agent. */
let world: NspawnWorld
beforeAll(async () => {
  world = await NspawnWorld.open()
})
afterAll(() => world[Symbol.asyncDispose]())

for (const scenario of SCENARIOS) {
  describe(`a ${scenario}`, () => {
    it.each(scenarios[scenario])('is done exactly once when the server is killed at %s', (point) =>
      world.crash(scenario, 'server', point),
    )
    it.each(scenarios[scenario])('is done exactly once when the agent is killed at %s', (point) =>
      world.crash(scenario, 'agent', point),
    )
  })
}

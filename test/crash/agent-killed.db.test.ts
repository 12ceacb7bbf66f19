import { describe, it } from 'vitest'
import { until } from '../support/fake-platform.ts'
import { expectDone } from './at-rest.ts'
import { SCENARIOS, scenarios, stopAt } from './scenarios.ts'
import { platform, prepare, recoveries, world } from './stage.ts'

for (const scenario of SCENARIOS) {
  describe(`a ${scenario}`, () => {
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
        await expectDone(world, scenario, app)
        recoveries.push(performance.now() - back)
        await acting
      },
    )
  })
}

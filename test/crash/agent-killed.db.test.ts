import { describe, it } from 'vitest'
import { until } from '../support/fake-platform.ts'
import { ALL_SCENARIOS, scenarios, stopAt } from './scenarios.ts'
import { onStage } from './stage.ts'

for (const scenario of ALL_SCENARIOS) {
  describe.concurrent(`a ${scenario}`, () => {
    it.each(scenarios[scenario])(
      'is done exactly once when the agent is killed at %s',
      { timeout: 120_000 },
      (point) =>
        onStage(scenario, async (platform, act) => {
          await platform.crashAt(stopAt(point))
          void act()
          await until('the server stopped itself', () => platform.isServerStopped(), 30_000)
          await platform.crashAt(null)
          await platform.stopAgent('SIGKILL')
          await platform.startAgent()
          platform.continueServer()
        }),
    )
  })
}

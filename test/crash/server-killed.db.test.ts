import { describe, it } from 'vitest'
import { until } from '../support/fake-platform.ts'
import { ALL_SCENARIOS, scenarios } from './scenarios.ts'
import { onStage } from './stage.ts'

for (const scenario of ALL_SCENARIOS) {
  describe.concurrent(`a ${scenario}`, () => {
    it.each(scenarios[scenario])(
      'is done exactly once when the server is killed at %s',
      { timeout: 120_000 },
      (point) =>
        onStage(scenario, async (platform, act) => {
          await platform.crashAt(point)
          void act()
          await until('the server killed itself', () => !platform.isServerRunning(), 30_000)
          // Its successor would end at the same point again.
          await platform.crashAt(null)
          await platform.startServer()
        }),
    )
  })
}

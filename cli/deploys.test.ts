import { describe, expect, it } from 'vitest'
import { DEFAULT_STRATEGY, deployEndpoints } from '../server/contract/deploys.ts'
import { releaseEndpoints } from '../server/contract/releases.ts'
import { sampleDeployment, uuid } from '../test/support/api-samples.ts'
import type { ApiServer } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'

let api: ApiServer
let bench: CliBench
inCliWorlds({ SKYPANEL_TOKEN: 'good', SKYPANEL_APP: 'shop' }, (world) => ({ api, bench } = world))

const bodies = (method: string) => api.calls.filter((call) => call.method === method).map(({ body }) => body)

describe('deploys', () => {
  it('are listed with what they wait for', async () => {
    api.on(releaseEndpoints.deployments, () => [
      sampleDeployment({ state: 'running', step: 'rollout', waits_for: 'promotion' }),
    ])
    expect((await bench.run(['deploys'])).stdout).toContain('waits for deploys:promote')
  })

  it('are paused, resumed, promoted and given up, the one that goes on unless another is named', async () => {
    const paths: string[] = []
    for (const how of ['pause', 'resume', 'promote', 'abort'] as const)
      api.on(deployEndpoints[how], ({ params }) => {
        paths.push(`${how} ${params.deployment}`)
        return sampleDeployment({ release: 7 })
      })
    expect((await bench.run(['deploys:pause'])).stderr).toBe('Pausing the deployment of shop… done, v7\n')
    await bench.run(['deploys:resume'])
    await bench.run(['deploys', 'promote'])
    await bench.run(['deploys:abort', uuid(5)])
    expect(paths).toEqual(['pause current', 'resume current', 'promote current', `abort ${uuid(5)}`])
  })

  it('follow a strategy that is shown and changed', async () => {
    api.on(deployEndpoints.strategy, () => DEFAULT_STRATEGY)
    api.on(deployEndpoints.setStrategy, ({ body }) => ({
      ...DEFAULT_STRATEGY,
      ...(body.strategy === undefined ? {} : { strategy: body.strategy }),
      canary_seconds: null,
    }))
    expect((await bench.run(['deploys:strategy'])).stdout).toContain('Strategy:        rolling\n')
    const changed = await bench.run([
      'deploys:strategy',
      'canary',
      '--canary-share',
      '20',
      '--canary-time',
      'none',
      '--max-surge',
      'auto',
      '--watch',
      '300',
    ])
    expect(changed.stdout).toContain('by deploys:promote\n')
    expect(bodies('PATCH')).toEqual([
      { strategy: 'canary', canary_share: 20, canary_seconds: null, max_surge: null, watch_seconds: 300 },
    ])
    expect((await bench.run(['deploys:strategy', 'sideways'])).stderr).toContain('blue-green')
    expect((await bench.run(['deploys:strategy', '--watch', 'long'])).code).toBe(2)
  })
})

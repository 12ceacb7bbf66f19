import { describe, expect, it } from 'vitest'
import { simulate } from '../../test/support/rollout-sim/simulate.ts'
import { SEEDS_THAT_FAILED } from '../../test/support/rollout-sim/seeds.ts'
import { planRollout } from './rollout.ts'

const failures = (seeds: Iterable<number>) => {
  const found: { seed: number; broken: readonly string[] }[] = []
  for (const seed of seeds) {
    const broken = simulate(planRollout, seed)
    if (broken.length > 0) found.push({ seed, broken })
  }
  return found
}

function* range(from: number, count: number) {
  for (let seed = from; seed < from + count; seed += 1) yield seed
}

describe('a simulated deploy', () => {
  it('of every seed that once failed keeps what its strategy promises', () => {
    expect(failures(SEEDS_THAT_FAILED)).toEqual([])
  })

  it('keeps what its strategy promises whatever goes wrong, and comes to rest when that ends', () => {
    expect(failures(range(1, 3_000))).toEqual([])
  })

  it('is the same each time for the same seed', () => {
    const trace = (seed: number) => {
      const plans: string[] = []
      simulate((desired, instances, now) => {
        const plan = planRollout(desired, instances, now)
        plans.push(`${now} ${plan.verdict.kind} ${plan.steps.map((step) => step.do).join()}`)
        return plan
      }, seed)
      return plans
    }
    expect(trace(77)).toEqual(trace(77))
    expect(trace(77)).not.toEqual(trace(78))
  })
})

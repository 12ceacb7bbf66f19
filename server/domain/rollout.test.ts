import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  anyFormation,
  anyInstances,
  desiredOf,
  simulate,
  type Boot,
  type Outcome,
} from '../../test/support/rollout-world.ts'
import { HEALTHY_AFTER, NO_CRASH, afterCrash, backoff, nextTry } from './backoff.ts'
import { planRollout, type RolloutInstance, type RolloutType } from './rollout.ts'

const boots: Boot = (_, random) => ({ ms: 20 + random() * 3_000, ok: true })
/** Release 4 dies at boot, everything before it boots. */
const newOneDies: Boot = (release, random) => ({ ms: 20 + random() * 3_000, ok: release < 4 })
const seed = fc.integer({ min: 1, max: 1_000_000 })

function expectServing(outcome: Outcome, version: number) {
  expect(outcome.broken).toEqual([])
  expect(outcome.settled).toBe(true)
  for (const { type, quantity } of outcome.desired.formation) {
    const all = outcome.instances.filter((one) => one.type === type)
    expect(all.map(({ release, state }) => [release, state.status])).toEqual(
      Array.from({ length: quantity }, () => [version, 'ready']),
    )
  }
}

describe('the rollout of a release', () => {
  it('reaches what is wanted from any state, never below what was promised and never above what is allowed', () => {
    fc.assert(
      fc.property(anyInstances, anyFormation, seed, (instances, formation, random) => {
        expectServing(simulate(planRollout, desiredOf(formation, false), instances, boots, random), 3)
      }),
      { numRuns: 500 },
    )
  })

  it('replaces every instance by one of the new release, then plans nothing', () => {
    fc.assert(
      fc.property(anyInstances, anyFormation, seed, (instances, formation, random) => {
        const outcome = simulate(planRollout, desiredOf(formation, true), instances, boots, random)
        expectServing(outcome, 4)
        expect(outcome.verdicts).toEqual(['complete'])
      }),
      { numRuns: 500 },
    )
  })

  it('gives up a release that dies at boot and goes on serving the old one', () => {
    fc.assert(
      fc.property(anyInstances, anyFormation, seed, (instances, formation, random) => {
        const outcome = simulate(planRollout, desiredOf(formation, true), instances, newOneDies, random)
        const some = formation.some(({ quantity }) => quantity > 0)
        expect(outcome.verdicts).toEqual([some ? 'abandon' : 'complete'])
        expectServing(outcome, some ? 3 : 4)
      }),
      { numRuns: 500 },
    )
  })

  it('gives up a release whose instances are still not ready at its deadline', () => {
    const desired = desiredOf([web(1)], true)
    const starting = instance({ release: 4, state: { status: 'starting', since: 0 } })
    expect(planRollout(desired, [instance({}), starting], 599_999).verdict.kind).toBe('none')
    expect(planRollout(desired, [instance({}), starting], 600_000).verdict).toMatchObject({
      kind: 'abandon',
      code: 'boot_timeout',
    })
  })

  it('slows down a serving release that crashes over and over, and says when it tries again', () => {
    const desired = desiredOf([{ ...web(1), crashed: { crashes: 3, crashedAt: 10_000 } }], false)
    expect(planRollout(desired, [], 13_999)).toEqual({ verdict: { kind: 'none' }, steps: [], wakeAt: 14_000 })
    expect(planRollout(desired, [], 14_000).steps).toEqual([
      { do: 'start', type: 'web', release: 3, generation: 1 },
    ])
  })

  it('does not hold back a new release because the old one crashed', () => {
    const desired = desiredOf([{ ...web(1), crashed: { crashes: 9, crashedAt: 10_000 } }], true)
    expect(planRollout(desired, [], 10_001).steps).toEqual([
      { do: 'start', type: 'web', release: 4, generation: 1 },
    ])
  })

  it('starts the stand-in before it drains an instance that is asked to restart', () => {
    const asked = instance({ replace: true })
    expect(planRollout(desiredOf([web(1)], false), [asked], 0).steps).toEqual([
      { do: 'start', type: 'web', release: 3, generation: 1 },
    ])
    const standIn = instance({ id: 'b', number: 2 })
    expect(planRollout(desiredOf([web(1)], false), [asked, standIn], 0).steps).toEqual([
      { do: 'drain', id: 'a' },
    ])
  })

  it('drains the instance whose number the new one took, and of two with one number only one stays', () => {
    const old = [1, 2, 3].map((number) => instance({ id: `old-${number}`, number }))
    const fresh = instance({ id: 'new-2', number: 2, release: 4 })
    const steps = planRollout(desiredOf([web(3)], true), [...old, fresh], 0).steps
    expect(steps).toContainEqual({ do: 'drain', id: 'old-2' })
    expect(steps.filter((step) => step.do === 'drain')).toHaveLength(1)
    const doubled = [...old, instance({ id: 'other-1', number: 1 })]
    expect(planRollout(desiredOf([web(3)], false), doubled, 0).steps).toEqual([
      { do: 'drain', id: 'other-1' },
    ])
  })

  it('gives an order again until the node has confirmed it', () => {
    const orders = [
      instance({ id: 'l', state: { status: 'intended' } }),
      instance({ id: 'd', state: { status: 'draining', since: 0, confirmed: false } }),
      instance({ id: 's', state: { status: 'stopping', since: 0, confirmed: false } }),
    ]
    expect(planRollout(desiredOf([web(1)], false), orders, 1).steps).toEqual([
      { do: 'launch', id: 'l' },
      { do: 'drain', id: 'd' },
      { do: 'stop', id: 's' },
    ])
  })

  it('stops a drained instance after the drain time and kills one that does not stop', () => {
    const drained = instance({ state: { status: 'draining', since: 0, confirmed: true } })
    expect(planRollout(desiredOf([web(0)], false), [drained], 1_199)).toMatchObject({
      steps: [],
      wakeAt: 1_200,
    })
    expect(planRollout(desiredOf([web(0)], false), [drained], 1_200).steps).toEqual([{ do: 'stop', id: 'a' }])
    const stubborn = instance({ state: { status: 'stopping', since: 0, confirmed: true } })
    expect(planRollout(desiredOf([web(0)], false), [stubborn], 35_000).steps).toEqual([
      { do: 'kill', id: 'a' },
    ])
  })

  it('leaves a process type alone that the new release does not have until that one is live', () => {
    const worker = instance({ id: 'w', type: 'worker' })
    const formation = [web(1), { ...web(1), type: 'worker', routed: false }]
    const desired = {
      ...desiredOf(formation, true),
      candidate: { version: 4, types: ['web'], deadline: 600_000 },
    }
    const fresh = instance({ id: 'n', release: 4 })
    expect(planRollout({ ...desired, formation }, [worker], 0).steps).toEqual([
      { do: 'start', type: 'web', release: 4, generation: 1 },
    ])
    expect(planRollout(desired, [worker, fresh], 0).verdict.kind).toBe('complete')
    const live = { ...desired, current: { version: 4, types: ['web'] }, candidate: null }
    expect(planRollout(live, [worker, fresh], 0).steps).toEqual([{ do: 'stop', id: 'w' }])
  })
})

describe('the wait after a crash', () => {
  it('doubles from 1 s to 5 minutes and starts anew after 10 healthy minutes', () => {
    expect([1, 2, 3, 9, 10, 500].map(backoff)).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000])
    expect(afterCrash({ crashes: 7, crashedAt: 1 }, HEALTHY_AFTER, 5)).toEqual({ crashes: 1, crashedAt: 5 })
    expect(afterCrash({ crashes: 7, crashedAt: 1 }, HEALTHY_AFTER - 1, 5)).toEqual({
      crashes: 8,
      crashedAt: 5,
    })
    expect(nextTry(NO_CRASH)).toBe(0)
  })
})

function web(quantity: number): RolloutType {
  return { type: 'web', quantity, surge: 1, generation: 1, routed: true, settle: 0, crashed: NO_CRASH }
}

function instance(given: Partial<RolloutInstance>): RolloutInstance {
  return {
    id: 'a',
    type: 'web',
    number: 1,
    release: 3,
    generation: 1,
    replace: false,
    state: { status: 'ready', since: 0 },
    ...given,
  }
}

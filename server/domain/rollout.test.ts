import { describe, expect, it } from 'vitest'
import { TIMING, TYPES } from '../../test/support/rollout-sim/world.ts'
import { HEALTHY_AFTER, NO_CRASH, afterCrash, backoff, nextTry } from './backoff.ts'
import type { Candidate, Desired, RolloutInstance, RolloutType } from './rollout-model.ts'
import { isSettled, planRollout } from './rollout.ts'
import { canariesOf, type Strategy } from './strategy.ts'

// What holds for every state that there can be is in rollout-simulation.test.ts.

describe('the rollout of a release', () => {
  it('gives up a release whose instances are still not ready at its deadline', () => {
    const desired = desiredOf([web(1)], {})
    const starting = instance({ release: 4, state: { status: 'starting', since: 0 } })
    expect(planRollout(desired, [instance({}), starting], 599_999).verdict.kind).toBe('none')
    expect(planRollout(desired, [instance({}), starting], 600_000).verdict).toMatchObject({
      kind: 'abandon',
      code: 'boot_timeout',
    })
  })

  it('slows down a serving release that crashes over and over, and says when it tries again', () => {
    const desired = desiredOf([{ ...web(1), crashed: { crashes: 3, crashedAt: 10_000 } }], null)
    expect(planRollout(desired, [], 13_999)).toEqual({ verdict: { kind: 'none' }, steps: [], wakeAt: 14_000 })
    expect(planRollout(desired, [], 14_000).steps).toEqual([start(3, 'missing')])
  })

  it('does not hold back a new release because the old one crashed', () => {
    const desired = desiredOf([{ ...web(1), crashed: { crashes: 9, crashedAt: 10_000 } }], {})
    expect(planRollout(desired, [], 10_001).steps).toEqual([start(4, 'new-release')])
  })

  it('starts the stand-in before it drains an instance that is asked to restart', () => {
    const asked = instance({ replace: true })
    const desired = desiredOf([web(1)], null)
    expect(planRollout(desired, [asked], 0).steps).toEqual([start(3, 'missing')])
    const standIn = instance({ id: 'b', number: 2 })
    expect(planRollout(desired, [asked, standIn], 0).steps).toEqual([
      { do: 'drain', id: 'a', why: 'replaced' },
    ])
    expect(isSettled(desired, [asked, standIn], 0)).toBe(false)
    expect(isSettled(desired, [standIn], 0)).toBe(true)
  })

  it('drains the instance whose number the new one took, and of two with one number only one stays', () => {
    const old = [1, 2, 3].map((number) => instance({ id: `old-${number}`, number }))
    const fresh = instance({ id: 'new-2', number: 2, release: 4 })
    const steps = planRollout(desiredOf([web(3)], {}), [...old, fresh], 0).steps
    expect(steps).toContainEqual({ do: 'drain', id: 'old-2', why: 'replaced' })
    expect(steps.filter((step) => step.do === 'drain')).toHaveLength(1)
    const doubled = [...old, instance({ id: 'other-1', number: 1 })]
    expect(planRollout(desiredOf([web(3)], null), doubled, 0).steps).toEqual([
      { do: 'drain', id: 'other-1', why: 'too-many' },
    ])
  })

  it('gives an order again until the node has confirmed it', () => {
    const orders = [
      instance({ id: 'l', state: { status: 'intended' } }),
      instance({ id: 'd', state: { status: 'draining', since: 0, confirmed: false } }),
      instance({ id: 's', state: { status: 'stopping', since: 0, confirmed: false } }),
      instance({ id: 'r', state: { status: 'standby', since: 0 } }),
    ]
    expect(planRollout(desiredOf([web(2)], null), orders, 1).steps.map(({ do: what }) => what)).toEqual([
      'route',
      'launch',
      'drain',
      'stop',
    ])
  })

  it('stops a drained instance after the drain time and kills one that does not stop', () => {
    const drained = instance({ state: { status: 'draining', since: 0, confirmed: true } })
    const desired = desiredOf([web(0)], null)
    expect(planRollout(desired, [drained], 1_199)).toMatchObject({ steps: [], wakeAt: 1_200 })
    expect(planRollout(desired, [drained], 1_200).steps).toEqual([{ do: 'stop', id: 'a', why: 'drained' }])
    const stubborn = instance({ state: { status: 'stopping', since: 0, confirmed: true } })
    expect(planRollout(desired, [stubborn], 35_000).steps).toEqual([{ do: 'kill', id: 'a', why: 'overdue' }])
  })

  it('leaves a process type alone that the new release does not have until that one is live', () => {
    const worker = instance({ id: 'w', type: 'worker' })
    const formation = [web(1), { ...web(1), type: 'worker', routed: false }]
    const desired = desiredOf(formation, { types: ['web'] })
    const fresh = instance({ id: 'n', release: 4 })
    expect(planRollout(desired, [worker], 0).steps).toEqual([start(4, 'new-release')])
    expect(planRollout(desired, [worker, fresh], 0).verdict.kind).toBe('complete')
    const live = { ...desired, current: { version: 4, types: ['web'] }, candidate: null }
    expect(planRollout(live, [worker, fresh], 0).steps).toEqual([{ do: 'stop', id: 'w', why: 'not-wanted' }])
  })

  it('brings the release before back when what went live crashes three times while it is watched', () => {
    const crashed = { crashes: 3, crashedAt: 10_000 }
    const desired = { ...desiredOf([{ ...web(2), crashed }], null), watch: { back: 2, until: 60_000 } }
    expect(planRollout(desired, [instance({})], 20_000).verdict).toEqual({
      kind: 'back-out',
      to: 2,
      reason: 'web crashed 3 times',
    })
    expect(planRollout(desired, [instance({})], 60_000).verdict.kind).toBe('none')
  })
})

describe('a strategy', () => {
  it('recreate starts nothing of the new while anything of the old is left', () => {
    const desired = desiredOf([web(2)], {}, { kind: 'recreate' })
    const old = [instance({}), instance({ id: 'b', number: 2 })]
    expect(planRollout(desired, old, 0).steps.map(({ do: what }) => what)).toEqual(['drain', 'drain'])
    const stopping = instance({ state: { status: 'stopping', since: 0, confirmed: true } })
    expect(planRollout(desired, [stopping], 1).steps).toEqual([])
    expect(planRollout(desired, [], 1).steps).toEqual([start(4, 'new-release'), start(4, 'new-release')])
  })

  it('blue-green routes the new ones together, once all of them are up', () => {
    const desired = desiredOf([web(2)], {}, { kind: 'blue-green' })
    const old = [instance({}), instance({ id: 'b', number: 2 })]
    const held = { ...start(4, 'new-release'), held: true }
    expect(planRollout(desired, old, 0).steps).toEqual([held, held])
    const [up, other] = [standby('x', 3), standby('y', 4)]
    const booting = instance({ id: 'y', number: 4, release: 4, state: { status: 'starting', since: 0 } })
    expect(planRollout(desired, [...old, up, booting], 1).steps).toEqual([])
    expect(planRollout(desired, [...old, up, other], 1).steps).toEqual([
      { do: 'route', id: 'x', why: 'switch' },
      { do: 'route', id: 'y', why: 'switch' },
    ])
  })

  it('blue-green keeps the drained instances for the way back, and no longer', () => {
    const drained = instance({
      id: 'o',
      release: 2,
      state: { status: 'draining', since: 0, confirmed: true },
    })
    const desired = {
      ...desiredOf([web(1)], null, { kind: 'blue-green' }),
      kept: { version: 2, until: 600_000 },
    }
    const all = [instance({}), drained]
    expect(planRollout(desired, all, 5_000)).toMatchObject({ steps: [], wakeAt: 600_000 })
    expect(planRollout(desired, all, 600_000).steps).toEqual([{ do: 'stop', id: 'o', why: 'drained' }])
  })

  it('canary tries a share, holds there, and lets the rest follow when it was promoted', () => {
    const strategy = { kind: 'canary', share: 25, time: 30_000 } as const
    const old = [1, 2, 3, 4].map((number) => instance({ id: `o${number}`, number }))
    const canary = instance({ id: 'c', number: 5, release: 4 })
    expect(planRollout(desiredOf([web(4)], {}, strategy), old, 0).steps).toEqual([start(4, 'new-release')])
    expect(planRollout(desiredOf([web(4)], {}, strategy), [...old, canary], 0).verdict.kind).toBe('hold')
    const holding = desiredOf([web(4)], { hold: 0 }, strategy)
    expect(planRollout(holding, [...old, canary], 1)).toMatchObject({
      steps: [{ do: 'drain', id: 'o4', why: 'replaced' }],
      wakeAt: 30_000,
    })
    expect(planRollout(holding, [...old.slice(0, 3), canary], 1).steps).toEqual([])
    expect(planRollout(holding, [...old.slice(0, 3), canary], 30_000).verdict.kind).toBe('promote')
    const promoted = desiredOf([web(4)], { hold: 0, promoted: true }, strategy)
    expect(planRollout(promoted, [...old.slice(0, 3), canary], 1).steps).toEqual([start(4, 'new-release')])
  })

  it('canary by hand waits for a promotion, however long, and replaces no instance that is the only one', () => {
    const strategy = { kind: 'canary', share: 25, time: null } as const
    const canary = instance({ id: 'c', number: 2, release: 4 })
    const holding = desiredOf([web(1)], { hold: 0 }, strategy)
    expect(planRollout(holding, [instance({}), canary], 900_000)).toEqual({
      verdict: { kind: 'none' },
      steps: [],
      wakeAt: null,
    })
    expect([1, 2, 4, 10, 100].map((quantity) => canariesOf(25, quantity))).toEqual([1, 1, 1, 3, 25])
  })

  it('rolling without room above replaces within what may be missing', () => {
    const tight = { ...web(2), surge: 0, unavailable: 1 }
    const old = [instance({}), instance({ id: 'b', number: 2 })]
    expect(planRollout(desiredOf([tight], {}), old, 0).steps).toEqual([
      { do: 'drain', id: 'b', why: 'makes-room' },
    ])
    expect(planRollout(desiredOf([tight], {}), [instance({})], 0).steps).toEqual([start(4, 'new-release')])
  })

  it('stays where it is while it is paused, but not with an instance that died', () => {
    const desired = desiredOf([web(2)], { paused: true, deadline: 0 })
    const all = [instance({}), instance({ id: 'b', number: 2 }), instance({ id: 'n', number: 3, release: 4 })]
    expect(planRollout(desired, all, 1)).toEqual({ verdict: { kind: 'none' }, steps: [], wakeAt: null })
    const dead = { status: 'exited', wanted: false, message: 'Exited with status 1', timeout: false } as const
    expect(planRollout(desired, [instance({ release: 4, state: dead })], 1).verdict.kind).toBe('abandon')
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

function start(release: number, why: 'missing' | 'new-release') {
  return { do: 'start', type: 'web', release, generation: 1, held: false, why } as const
}

/** `candidate` null: nothing is rolled out; else release 4 is, as far as told. */
function desiredOf(
  formation: readonly RolloutType[],
  candidate: Partial<Candidate> | null,
  strategy: Strategy = { kind: 'rolling' },
): Desired {
  const whole = { version: 4, types: TYPES, deadline: 600_000, paused: false, hold: null, promoted: false }
  return {
    current: { version: 3, types: TYPES },
    candidate: candidate === null ? null : { ...whole, ...candidate },
    kept: null,
    watch: null,
    strategy,
    formation,
    timing: TIMING,
  }
}

function web(quantity: number): RolloutType {
  return {
    type: 'web',
    quantity,
    surge: 1,
    unavailable: 0,
    generation: 1,
    routed: true,
    settle: 0,
    crashed: NO_CRASH,
  }
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

const standby = (id: string, number: number) =>
  instance({ id, number, release: 4, state: { status: 'standby', since: 0 } })

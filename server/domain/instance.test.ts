import { describe, expect, it } from 'vitest'
import type { Exit } from '../contract/nodes.ts'
import { describeInstance, planOneOffs, toRollout, type InstanceFacts } from './instance.ts'

const exit: Exit = {
  code: 3,
  signal: null,
  oom: false,
  reason: 'exited',
  message: 'Exited with status 3',
  tail: [],
}
const facts = (given: Partial<InstanceFacts>): InstanceFacts => ({
  id: 'a',
  type: 'web',
  number: 1,
  kind: 'service',
  release: 1,
  generation: 0,
  replace: false,
  held: false,
  phase: 'started',
  confirmed: true,
  phase_since: 10,
  status: 'ready',
  status_since: 20,
  exit: null,
  ...given,
})

describe('an instance', () => {
  it('is where order and observation together say', () => {
    const state = (given: Partial<InstanceFacts>) => toRollout(facts(given)).state
    expect(state({})).toEqual({ status: 'ready', since: 20 })
    expect(state({ phase: 'intended', status: null })).toEqual({ status: 'intended' })
    expect(state({ status: null, status_since: null })).toEqual({ status: 'starting', since: 10 })
    expect(state({ phase: 'draining', status: 'draining' })).toEqual({
      status: 'draining',
      since: 10,
      confirmed: true,
    })
    // The node forgot that it drains: it is told again.
    expect(state({ phase: 'draining' })).toEqual({ status: 'draining', since: 10, confirmed: false })
    // Drained, and wanted again.
    expect(state({ status: 'draining' })).toEqual({ status: 'standby', since: 20 })
    expect(state({ held: true })).toEqual({ status: 'standby', since: 20 })
    expect(state({ status: 'exited', exit })).toMatchObject({ status: 'exited', wanted: false })
    expect(state({ status: 'exited', exit, phase: 'stopping' })).toMatchObject({
      status: 'exited',
      wanted: true,
    })
  })

  it('that does not answer its readiness check stands in for nobody and says why', () => {
    const silent = facts({ unready: 'GET /up was refused' })
    expect(toRollout(silent).state).toEqual({ status: 'starting', since: 20 })
    expect(describeInstance(silent, null)).toEqual({
      state: 'ready',
      reason: 'Out of routing, its readiness check fails: GET /up was refused',
    })
  })

  it('that its node ended for its health has crashed, whatever was ordered after that', () => {
    const ended = facts({ status: 'exited', phase: 'stopping', exit: { ...exit, reason: 'unhealthy' } })
    expect(toRollout(ended).state).toMatchObject({ status: 'exited', wanted: false })
  })

  it('that crashed tells people how it ended and when it is tried again', () => {
    const crashed = facts({ phase: 'ended', status: 'exited', exit })
    expect(describeInstance(crashed, new Date('2026-01-02T03:04:05Z'))).toEqual({
      state: 'crashed',
      reason: 'Exited with status 3; next try at 03:04:05 UTC',
    })
    expect(describeInstance(facts({ held: true }), null)).toEqual({
      state: 'starting',
      reason: 'Up; comes into routing together with the others',
    })
    expect(describeInstance(facts({ phase: 'stopping' }), null)).toEqual({ state: 'draining', reason: null })
  })
})

describe('a one-off', () => {
  const plan = (given: Partial<InstanceFacts>, wanted: boolean, now: number, attach = false) =>
    planOneOffs([{ ...facts({ kind: 'run', type: 'run', ...given }), attach }], () => wanted, now)

  it('is started once, killed when it may no longer run, and forgotten when it ended', () => {
    expect(plan({ phase: 'intended', status: null }, true, 0).steps).toEqual([{ do: 'launch', id: 'a' }])
    expect(plan({}, true, 0).steps).toEqual([])
    expect(plan({}, false, 0).steps).toEqual([{ do: 'kill', id: 'a' }])
    expect(plan({ status: 'exited', exit }, true, 20).steps).toEqual([{ do: 'forget', id: 'a' }])
  })

  it('that ended is kept for a moment for whoever is about to attach to it', () => {
    expect(plan({ status: 'exited', exit }, true, 15_019, true)).toEqual({ steps: [], wakeAt: 15_020 })
    expect(plan({ status: 'exited', exit }, true, 15_020, true).steps).toEqual([{ do: 'forget', id: 'a' }])
  })
})

import { describe, expect, it } from 'vitest'
import type { Exit } from '../contract/nodes.ts'
import { exitStatus, platformLines, type StateChange } from './platform-lines.ts'

const change = (given: Partial<StateChange>): StateChange => ({
  kind: 'service',
  phase: 'started',
  before: 'ready',
  status: 'ready',
  was_unready: null,
  unready: null,
  exit: null,
  ...given,
})
const exit = (given: Partial<Exit>): Exit => ({
  code: null,
  signal: null,
  oom: false,
  reason: 'exited',
  message: 'It ended',
  tail: [],
  ...given,
})

describe('the log', () => {
  it('says when an instance is up, and when it leaves routing and comes back', () => {
    expect(platformLines(change({ before: 'starting' }))).toEqual(['State changed from starting to up'])
    expect(platformLines(change({ unready: 'GET /up was refused' }))).toEqual([
      'Out of routing, its readiness check fails: GET /up was refused',
    ])
    expect(platformLines(change({ was_unready: 'GET /up was refused' }))).toEqual([
      'Its readiness check is answered again; back in routing',
    ])
  })

  it('tells a crash, an ordered end and a finished run apart', () => {
    const crashed = change({ status: 'exited', exit: exit({ code: 3 }) })
    expect(platformLines(crashed)).toEqual([
      'Process exited with status 3',
      'State changed from up to crashed',
    ])
    const stopped = { phase: 'stopping', exit: exit({ signal: 'SIGTERM', reason: 'stopped' }) } as const
    expect(platformLines({ ...crashed, ...stopped })).toEqual([
      'Process exited with status 143',
      'State changed from up to down',
    ])
    expect(platformLines({ ...crashed, kind: 'run', exit: exit({ code: 0 }) }).at(-1)).toBe(
      'State changed from up to complete',
    )
  })

  it('has the codes of Heroku for a late boot, a late end and too much memory', () => {
    const first = (given: Partial<Exit>) =>
      platformLines(change({ before: 'starting', status: 'exited', exit: exit(given) }))[0]
    expect(first({ reason: 'boot timeout', signal: 'SIGKILL' })).toBe('Error R10 (Boot timeout): It ended')
    expect(first({ reason: 'stopped', signal: 'SIGKILL' })).toContain('Error R12 (Exit timeout)')
    expect(first({ oom: true, signal: 'SIGKILL' })).toContain('Error R15 (Memory quota vastly exceeded)')
    expect(first({ reason: 'unhealthy', signal: 'SIGTERM' })).toBe('It ended')
  })

  it('shows the status that a shell would show', () => {
    expect(exitStatus({ code: 0, signal: null })).toBe(0)
    expect(exitStatus({ code: null, signal: 'SIGKILL' })).toBe(137)
    expect(exitStatus({ code: null, signal: null })).toBeNull()
  })
})

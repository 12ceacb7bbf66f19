import { describe, expect, it } from 'vitest'
import { decideConfigTurn, decideRollbackTurn, serviceTypes, surgeOf } from './release.ts'

const mine = { version: 5, build: 'b', configIsCurrent: true, failed: false }
const live = { version: 4, build: 'b', configIsCurrent: false }

describe('the turn of a config change', () => {
  it('rolls its release when nothing came in between', () => {
    expect(decideConfigTurn({ mine, live })).toBe('roll')
  })

  it('has nothing to do when a push went live with the same config', () => {
    expect(decideConfigTurn({ mine, live: { version: 6, build: 'c', configIsCurrent: true } })).toBe('done')
  })

  it('takes the code that serves when the release it was made from failed', () => {
    expect(decideConfigTurn({ mine: { ...mine, build: 'broken' }, live })).toBe('renew')
  })

  it('takes the newest config when that was changed again by a rollback', () => {
    expect(decideConfigTurn({ mine: { ...mine, configIsCurrent: false }, live })).toBe('renew')
    expect(decideConfigTurn({ mine, live: { ...live, version: 7 } })).toBe('renew')
  })

  it('goes on with its own release after a restart of the server', () => {
    expect(decideConfigTurn({ mine, live: { version: 5, build: 'b', configIsCurrent: true } })).toBe('roll')
  })
})

describe('the turn of a rollback', () => {
  it('needs a new number only behind a newer release', () => {
    expect(decideRollbackTurn({ version: 5, failed: false }, 4)).toBe('roll')
    expect(decideRollbackTurn({ version: 5, failed: false }, 6)).toBe('renew')
    expect(decideRollbackTurn({ version: 5, failed: true }, 4)).toBe('renew')
  })
})

it('replaces large formations a quarter at a time, small ones one by one', () => {
  expect([1, 2, 4, 7, 8, 100].map(surgeOf)).toEqual([1, 1, 1, 1, 2, 25])
})

it('does not count the release command among what can be scaled', () => {
  expect(serviceTypes({ web: 'x', release: 'y', clock: 'z' })).toEqual(['clock', 'web'])
})

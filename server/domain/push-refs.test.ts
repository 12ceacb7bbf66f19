import { describe, expect, it } from 'vitest'
import { decidePush, parseRefUpdates } from './push-refs.ts'

const a = 'a'.repeat(40)
const none = '0'.repeat(40)
const update = (ref: string, next = a, old = none) => ({ ref, old, new: next })

describe('a push', () => {
  it('deploys the deploy branch and stores what comes with it', () => {
    const decision = decidePush([update('refs/tags/v1'), update('refs/heads/main')], 'main')
    expect(decision).toEqual({
      kind: 'deploy',
      update: update('refs/heads/main'),
      lines: ['-----> v1 stored, not built: only main is deployed.'],
    })
  })

  it('of another branch says how to deploy it', () => {
    const { kind, lines } = decidePush([update('refs/heads/try/it')], 'live')
    expect(kind).toBe('accept')
    expect(lines.at(-1)).toContain('git push skypanel try/it:live')
  })

  it('that deletes the deploy branch is refused as a whole', () => {
    expect(decidePush([update('refs/heads/x'), update('refs/heads/main', none, a)], 'main').kind).toBe(
      'reject',
    )
  })

  it('that only deletes other refs is accepted without advice', () => {
    expect(decidePush([update('refs/heads/x', none, a)], 'main')).toEqual({
      kind: 'accept',
      lines: ['-----> x deleted.'],
    })
  })

  it('is not understood when a line is not git’s', () => {
    expect(parseRefUpdates([`${none} ${a} refs/heads/main`])).toEqual([update('refs/heads/main')])
    for (const line of ['', 'x', `${none} ${a} main`, `${none} ${a}`, `${none} ${a} refs/heads/a b`])
      expect(parseRefUpdates([line])).toBe(null)
  })
})

import { describe, expect, it } from 'vitest'
import { describeConfig, planConfig, refuseConfig } from './config-vars.ts'

const bytes = (text: string) => Buffer.byteLength(text)

describe('a patch of config vars', () => {
  it('changes only what differs', () => {
    expect(planConfig({ A: '1', B: '2', C: '3' }, { A: '1', B: 'two', C: null, D: '4', E: null })).toEqual({
      set: ['B', 'D'],
      unset: ['C'],
      result: { A: '1', B: 'two', D: '4' },
    })
  })
  it('tells an empty value from none', () => {
    expect(planConfig({}, { A: '' })).toEqual({ set: ['A'], unset: [], result: { A: '' } })
  })
  it('is described as Heroku does', () => {
    expect(describeConfig({ set: ['A', 'B'], unset: [] })).toBe('Set A, B config vars')
    expect(describeConfig({ set: ['A'], unset: ['B'] })).toBe('Set A config var; unset B config var')
    expect(describeConfig({ set: Array.from({ length: 12 }, (_, i) => `V${i}`), unset: [] })).toMatch(
      / and 2 more config vars$/,
    )
  })
  it('is refused when it is too large or cannot be carried, without telling a value', () => {
    expect(refuseConfig({ A: 'x'.repeat(65_536) }, bytes)).toBeNull()
    expect(refuseConfig({ A: 'ä'.repeat(40_000) }, bytes)).toMatch(/A has 80000 bytes/)
    expect(
      refuseConfig(
        Object.fromEntries(['A', 'B', 'C', 'D', 'E'].map((name) => [name, 'x'.repeat(60_000)])),
        bytes,
      ),
    ).toMatch(/together/)
    expect(refuseConfig({ A: 'sec\0ret' }, bytes)).toBe(
      'The value of A holds a NUL character, which no environment can carry.',
    )
  })
})

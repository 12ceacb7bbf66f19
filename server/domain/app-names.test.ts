import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppName } from '../contract/ids.ts'
import { makeName, refuseName, suggestion } from './app-names.ts'

const fraction = fc.double({ min: 0, max: 0.999_999_999, noNaN: true })

describe('app names', () => {
  it('that are made up are always valid', () => {
    fc.assert(
      fc.property(fraction, fraction, fraction, (a, b, c) => AppName.safeParse(makeName([a, b, c])).success),
    )
  })
  it('that are suggested are always valid', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })),
        (text) => AppName.safeParse(suggestion(text)).success,
      ),
    )
    expect(suggestion('Größter Shop!')).toBe('gro-ter-shop')
    expect(suggestion('My_Shop')).toBe('my-shop')
    expect(suggestion('www')).toBe('my-app')
  })
  it('that are refused say why, whatever they are, in a bounded sentence', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
        const refusal = refuseName(text)
        expect(refusal === null).toBe(AppName.safeParse(text).success)
        if (refusal !== null) expect(refusal.length).toBeLessThan(400)
      }),
    )
    expect(refuseName('Shop')).toBe(
      'The name "Shop" must be 3 to 30 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen. Choose another one, e.g. shop.',
    )
    expect(refuseName('api')).toBe('The name "api" is reserved. Choose another one.')
  })
})

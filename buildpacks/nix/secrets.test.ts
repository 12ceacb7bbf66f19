import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellInput, readableBy, redactor, saltedHash } from './secrets.ts'

describe('config vars of a step', () => {
  test('are those that it names, or all; never names that a shell cannot set', () => {
    const env = { A: '1', B: '2', PATH: '/x', UID: '0', 'with-dash': '3' }
    expect(readableBy(['B', 'C'], env)).toEqual({ B: '2' })
    expect(readableBy(['*'], env)).toEqual({ A: '1', B: '2' })
    expect(readableBy([], env)).toEqual({})
  })

  test('have a hash that depends on names, values and the salt, and not on their order', () => {
    expect(saltedHash('s', { A: '1', B: '2' })).toBe(saltedHash('s', { B: '2', A: '1' }))
    const hashes = [
      saltedHash('s', { A: '1' }),
      saltedHash('s', { A: '2' }),
      saltedHash('s', { B: '1' }),
      saltedHash('t', { A: '1' }),
    ]
    expect(new Set(hashes).size).toBe(4)
    expect(saltedHash('s', {})).toBe('')
  })

  test('reach the cell whole, followed by the names to look for in the output', () => {
    const input = cellInput({
      LONG: 'a-long-secret-value',
      SHORT: 'x',
      VITE_KEY: 'public-by-its-own-name',
      LINES: 'first line\nsecond line',
    })
    const [pairs, names] = input.toString().split('\0\0')
    expect(pairs?.split('\0')).toEqual([
      'LONG=a-long-secret-value',
      'SHORT=x',
      'VITE_KEY=public-by-its-own-name',
      'LINES=first line\nsecond line',
    ])
    expect(names?.split('\0').filter((name) => name !== '')).toEqual(['LONG', 'LINES'])
  })
})

describe('blacking out', () => {
  test('names the variable instead of its value, also for single lines of it', () => {
    const redact = redactor({
      KEY: '-----BEGIN KEY-----\nabcdefghijk\n-----END KEY-----',
      TOKEN: 'tok-123456',
    })
    expect(redact('using tok-123456 and abcdefghijk')).toBe('using [TOKEN] and [KEY]')
    expect(redact('-----BEGIN KEY-----')).toBe('-----BEGIN KEY-----')
  })

  test('of a value that holds another blacks out the longer one', () => {
    expect(redactor({ A: 'secret', B: 'secret-and-more' })('secret-and-more')).toBe('[B]')
  })

  test('no line keeps a value, wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z0-9]{6,20}$/), fc.string(), (before, value, after) => {
        expect(
          redactor({ SECRET: value })(`${before}${value}${after}`).replaceAll('[SECRET]', ''),
        ).not.toContain(value)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffEnv, formatEnv, parseEnv } from './dotenv.ts'

const read = (text: string) => {
  const { vars, problems } = parseEnv(text)
  return { vars: Object.fromEntries(vars), problems }
}

describe('.env text', () => {
  it('holds names, values, comments, quotes and values of several lines', () => {
    const text = [
      '# a comment',
      '',
      'PLAIN=some text # and a comment',
      'export SHELL_STYLE=yes',
      "SINGLE='as $it \\n stands # here'",
      'DOUBLE="two\\nlines \\"quoted\\"" # done',
      'KEY="-----BEGIN',
      'abc=',
      '-----END"',
      'EMPTY=',
      'URL=http://user:pa#ss@host/?a=b',
    ].join('\r\n')
    expect(read(text)).toEqual({
      problems: [],
      vars: {
        PLAIN: 'some text',
        SHELL_STYLE: 'yes',
        SINGLE: 'as $it \\n stands # here',
        DOUBLE: 'two\nlines "quoted"',
        KEY: '-----BEGIN\nabc=\n-----END',
        EMPTY: '',
        URL: 'http://user:pa#ss@host/?a=b',
      },
    })
  })

  it('says which line cannot be understood, and why', () => {
    expect(read('A=1\nnothing\n1B=x\nA=2\nC="x" y\nD="open').problems).toEqual([
      { line: 2, problem: 'no-equals', name: 'nothing' },
      { line: 3, problem: 'bad-name', name: '1B' },
      { line: 4, problem: 'twice', name: 'A' },
      { line: 5, problem: 'after-quote', name: 'C' },
      { line: 6, problem: 'open-quote', name: 'D' },
    ])
  })

  it('is read back as it was written, whatever the values hold', () => {
    const name = fc.constantFrom('A', 'B_1', '_C', 'LONG_NAME', 'd')
    const value = fc.string({ unit: fc.constantFrom(...Array.from('aZ0 "\'#\\\n\r\t$=é€\u2028\u00a0')) })
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (vars) => {
        expect(read(formatEnv(vars))).toEqual({ vars, problems: [] })
      }),
    )
  })
})

describe('the difference', () => {
  it('tells what is new, changed and gone, and what to send', () => {
    const before = { SAME: '1', CHANGED: 'a', GONE: 'x' }
    const after = new Map([
      ['SAME', '1'],
      ['CHANGED', 'b'],
      ['NEW', ''],
    ])
    expect(diffEnv(before, after)).toMatchObject({
      added: ['NEW'],
      changed: ['CHANGED'],
      removed: ['GONE'],
      patch: { NEW: '', CHANGED: 'b', GONE: null },
    })
  })

  it('takes names that every object has for names like any other', () => {
    const { added, patch } = diffEnv(
      {},
      new Map([
        ['toString', 'x'],
        ['__proto__', 'y'],
      ]),
    )
    expect(added).toEqual(['__proto__', 'toString'])
    expect(JSON.stringify(patch)).toBe('{"__proto__":"y","toString":"x"}')
  })
})

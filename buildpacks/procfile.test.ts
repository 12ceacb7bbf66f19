import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseProcfile } from './procfile.ts'

function commands(text: string): Record<string, string> | string {
  const parsed = parseProcfile(text)
  return parsed.ok
    ? Object.fromEntries(Object.entries(parsed.processes).map(([type, { command }]) => [type, command]))
    : parsed.message
}

const codes = (text: string): string[] => {
  const parsed = parseProcfile(text)
  return parsed.ok ? parsed.notes.map(({ code }) => code) : []
}

describe('a Procfile', () => {
  it('gives a command to each process type', () => {
    expect(commands('web: node server.js --port $PORT\nworker: npm run jobs -- --q "a: b # c"\n')).toEqual({
      web: 'node server.js --port $PORT',
      worker: 'npm run jobs -- --q "a: b # c"',
    })
  })

  it('may have comments, empty lines, Windows line ends and no last newline', () => {
    expect(commands('# processes\r\n\r\n  # more\r\nweb: a\r\nrelease: b')).toEqual({
      web: 'a',
      release: 'b',
    })
  })

  it.each([
    ['Web: a', { web: 'a' }, ['procfile.repaired']],
    ['my_worker: a', { 'my-worker': 'a' }, ['procfile.repaired']],
    ['  web: a', { web: 'a' }, ['procfile.repaired']],
    ['web : a', { web: 'a' }, []],
    ['web: a\nweb: b', { web: 'b' }, ['procfile.duplicate']],
    ['WEB: a\nweb: b', { web: 'b' }, ['procfile.repaired', 'procfile.duplicate']],
    ['just words\nweb: a', { web: 'a' }, ['procfile.ignored']],
    ['', {}, []],
  ])('%j is repaired with a warning where it can be', (text, expected, warnings) => {
    expect(commands(text)).toEqual(expected)
    expect(codes(text)).toEqual(warnings)
  })

  it.each([
    ['web: a\nworker:\n', 'Procfile line 2: "worker" has no command'],
    ['web: a\n\nmy worker: x', 'Procfile line 3: "my worker" cannot name a process type'],
    ['-x-: a', 'Procfile line 1: "-x-" cannot name a process type'],
    [`${'x'.repeat(64)}: a`, `Procfile line 1: "${'x'.repeat(60)}…" cannot name a process type`],
    ['\u001b[31mweb\u001b[0m: a', 'Procfile line 1: "�[31mweb�[0m" cannot name a process type'],
    ['web: a\0b', 'Procfile is not a text file'],
    [
      Array.from({ length: 101 }, (_, i) => `w${i}: x`).join('\n'),
      'Procfile has more than 100 process types',
    ],
  ])('%j is refused by its line', (text, message) => {
    expect(commands(text)).toBe(message)
  })

  it('takes whatever text it is given without throwing, and only ever names valid process types', () => {
    const line = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.tuple(fc.string(), fc.string()).map(([type, command]) => `${type}: ${command}`),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const parsed = parseProcfile(lines.join('\n'))
        if (!parsed.ok) return parsed.message !== '' && parsed.hint !== ''
        return Object.entries(parsed.processes).every(
          ([type, { command }]) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(type) && command !== '',
        )
      }),
    )
  })

  it('gives back every command as it was written', () => {
    const type = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/)
    const command = fc
      .string({ minLength: 1 })
      .filter((text) => text.trim() === text && !/[\r\n\0]/.test(text))
    fc.assert(
      fc.property(fc.dictionary(type, command, { noNullPrototype: true }), (processes) => {
        const text = Object.entries(processes)
          .map(([name, line]) => `${name}: ${line}\n`)
          .join('')
        expect(commands(text)).toEqual(processes)
      }),
    )
  })

  it('of a hostile megabyte answers at once', () => {
    expect(commands(`${' '.repeat(1 << 20)}:`)).toContain('cannot name')
    expect(commands(`a${'_'.repeat(1 << 20)}: x`)).toContain('cannot name')
  })
})

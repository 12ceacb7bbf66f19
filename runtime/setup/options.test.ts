import { expect, test } from 'vitest'
import { parseOptions, UsageError } from './options.ts'
import { USAGE } from './usage.mjs'

test('a flag wins over the environment, the environment over the default', () => {
  expect(parseOptions(['start'], {})).toMatchObject({
    home: '/var/lib/skypanel',
    httpPort: null,
    sample: true,
    detach: false,
  })
  expect(parseOptions(['start'], { SKYPANEL_HTTP_PORT: '81' }).httpPort).toBe(81)
  expect(parseOptions(['start', '--http-port', '82'], { SKYPANEL_HTTP_PORT: '81' }).httpPort).toBe(82)
})

test.each([
  [['start', '--http-port', '70000'], '--http-port 70000'],
  [['start', '--http-port', 'eighty'], '--http-port eighty'],
  [['start', '--home', 'relative'], '--home relative'],
  [['start', '--home', '/var/../etc'], '--home /var/../etc'],
  [['start', '--domain', 'not a domain'], '--domain not a domain'],
  [['start', '--driver', 'docker'], 'one of nspawn, lxc, fake'],
  [['start', '--wrong'], '--wrong'],
  [['begin'], 'start, stop, doctor or uninstall'],
])('%j is refused with what is wrong', (argv, words) => {
  expect(() => parseOptions(argv, {})).toThrow(UsageError)
  expect(() => parseOptions(argv, {})).toThrow(words)
})

test('an external database is named by the environment, never by a flag that everybody sees', () => {
  expect(parseOptions(['start'], { DATABASE_URL: 'postgresql://db/x' }).databaseUrl).toBe('postgresql://db/x')
  expect(() => parseOptions(['start', '--database-url', 'postgresql://db/x'], {})).toThrow(UsageError)
})

test('every flag that the help names is one', () => {
  const named = [...USAGE.matchAll(/^ {2}--([a-z-]+)( [A-Z]+)?/gm)]
  expect(named.length).toBeGreaterThan(10)
  const value = (flag: string | undefined) =>
    ({ home: '/h', domain: 'a.example', registry: 'auto', driver: 'fake', email: 'a@b.example' })[
      flag ?? ''
    ] ?? '1234'
  for (const [, flag, word] of named)
    parseOptions(['start', `--${flag}`, ...(word === undefined ? [] : [value(flag)])], {})
})

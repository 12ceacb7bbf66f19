import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topics } from './command-table.ts'
import { parseDuration } from './commands/accounts/tokens.ts'
import { parseEnvFile, parseVars } from './commands/config/parse-vars.ts'
import { parseScale } from './commands/ps/parse-scale.ts'
import { parseVersion } from './commands/releases/parse-version.ts'
import { commandLine } from './commands/run/command-line.ts'
import { encodeFrame, FrameReader } from './commands/run/frames.ts'
import { chooseTarget, DEFAULT_HOST, originOf, withHost, withoutHost } from './credentials.ts'
import { readEnvironment } from './environment.ts'
import { EventParser } from './event-stream.ts'
import { CliError, describeFailure } from './exit.ts'
import { appFromRemotes, appOfUrl, helperLine, parseRemotes } from './git-remote.ts'
import { nearest } from './nearest.ts'
import { colourOf } from './output/colour.ts'
import { fields, table } from './output/table.ts'
import { ago, formatTime } from './output/time.ts'
import { allNames } from './program.ts'
import { joinTopic } from './words.ts'

describe('words of a command line', () => {
  const names = new Set(['config', 'config:set', 'apps:create', 'run'])

  it('takes "topic verb" for "topic:verb" where there is one', () => {
    expect(joinTopic(['config', 'set', 'A=1'], names)).toEqual(['config:set', 'A=1'])
    expect(joinTopic(['help', 'apps', 'create'], names)).toEqual(['help', 'apps:create'])
  })

  it('leaves arguments alone that only look like verbs', () => {
    expect(joinTopic(['run', 'set', 'x'], names)).toEqual(['run', 'set', 'x'])
    expect(joinTopic(['config', '--json', 'set'], names)).toEqual(['config', '--json', 'set'])
    expect(joinTopic([], names)).toEqual([])
  })

  it('suggests the nearest command, and none when nothing is near', () => {
    const all = allNames(topics)
    expect(nearest('confg', all)).toBe('config')
    expect(nearest('cofnig:set', all)).toBe('config:set')
    expect(nearest('relaeses', all)).toBe('releases')
    expect(nearest('xyzzy', all)).toBeUndefined()
  })

  it('names every command once and gives each an example', () => {
    const all = allNames(topics)
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([])
    const specs = topics.flatMap(({ commands }) => commands)
    expect(specs.filter(({ examples }) => examples.length === 0)).toEqual([])
  })
})

describe('config vars on the command line', () => {
  it('splits at the first equals sign only', () => {
    expect(parseVars(['URL=http://a/?b=c', 'EMPTY='])).toEqual({ URL: 'http://a/?b=c', EMPTY: '' })
  })

  it('refuses a word without a name without repeating it, for it may be a secret', () => {
    expect(() => parseVars(['A=1', 'sk_live_secret'])).toThrow('argument 2 does not')
    expect(() => parseVars(['sk_live_secret'])).not.toThrow(/sk_live/)
  })

  it('reads .env files with comments, quotes and exports', () => {
    expect(parseEnvFile('# a\nexport A=1\n\nB="x\\ny"\r\nC=\'$keep\'\n')).toEqual({
      A: '1',
      B: 'x\ny',
      C: '$keep',
    })
  })
})

describe('quantities, releases and durations', () => {
  const now = [{ type: 'web', quantity: 2 }]

  it('counts from what runs now for + and -, and never below nothing', () => {
    expect(parseScale(['web+1', 'worker=3', 'web-5'], now)).toEqual([
      { type: 'web', quantity: 3 },
      { type: 'worker', quantity: 3 },
      { type: 'web', quantity: 0 },
    ])
    expect(parseScale(['web=2:standard-1x'], [])).toEqual([{ type: 'web', quantity: 2, size: 'standard-1x' }])
  })

  it.each(['web', 'web=', 'web=two', '=2', 'Web=1', 'web=1:', '-web=1'])(
    'refuses the quantity %s',
    (word) => {
      expect(() => parseScale([word], now)).toThrow('is not a quantity')
    },
  )

  it('takes a release with and without its v', () => {
    expect([parseVersion('v12'), parseVersion('3')]).toEqual([12, 3])
    for (const bad of ['v0', 'vv1', '1.2', 'latest', ''])
      expect(() => parseVersion(bad)).toThrow('is not a release')
  })

  it('reads durations', () => {
    expect([parseDuration('30d'), parseDuration('12h'), parseDuration('5m'), parseDuration('9s')]).toEqual([
      2_592_000, 43_200, 300, 9,
    ])
    expect(() => parseDuration('30')).toThrow('is not a duration')
  })
})

describe('a command to run', () => {
  it('goes as one line when it is one word, and quoted when it is several', () => {
    expect(commandLine(['ls | wc -l'])).toBe('ls | wc -l')
    expect(commandLine(['node', '-e', "console.log('a b')", '$HOME'])).toBe(
      `node -e 'console.log('\\''a b'\\'')' '$HOME'`,
    )
  })

  it('has frames that survive any cut of the stream', () => {
    const frames = fc.array(
      fc.record({ type: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 300 }) }),
    )
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 97 }), (sent, size) => {
        const bytes = Buffer.concat(sent.map(({ type, payload }) => encodeFrame(type, payload)))
        const reader = new FrameReader()
        const got = []
        for (let at = 0; at < bytes.length; at += size)
          got.push(...reader.push(bytes.subarray(at, at + size)))
        expect(got.map(({ type, payload }) => ({ type, payload: [...payload] }))).toEqual(
          sent.map(({ type, payload }) => ({ type, payload: [...payload] })),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('refuses a frame that is too long to be one', () => {
    expect(() => new FrameReader().push(Buffer.from([16, 255, 255, 255, 255]))).toThrow('not one of ours')
  })
})

describe('server-sent events', () => {
  it('come out the same however the text is cut', () => {
    const text = ': beat\n\nid: 7\ndata: {"a":1}\n\nevent: error\ndata: x\ndata: y\r\n\r\ndata: last\n\n'
    const whole = new EventParser().push(text)
    expect(whole).toEqual([
      { event: 'message', id: '7', data: '{"a":1}' },
      { event: 'error', id: '7', data: 'x\ny' },
      { event: 'message', id: '7', data: 'last' },
    ])
    for (let size = 1; size < 9; size += 1) {
      const parser = new EventParser()
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(whole)
    }
  })
})

describe('the platform that is meant', () => {
  const stored = withHost(
    withHost({ current: null, hosts: {} }, 'http://a:1', { email: 'a@x', token: 'ta' }),
    'https://b',
    {
      email: 'b@x',
      token: 'tb',
    },
  )
  const environment = readEnvironment({ HOME: '/home/x' })

  it('is the one of the last login, unless another is named', () => {
    expect(chooseTarget(environment, stored, undefined)).toEqual({
      origin: 'https://b',
      token: 'tb',
      email: 'b@x',
    })
    expect(chooseTarget(environment, stored, 'http://a:1/').token).toBe('ta')
    expect(chooseTarget({ ...environment, host: 'a:1' }, stored, undefined).origin).toBe('https://a:1')
    expect(chooseTarget(environment, { current: null, hosts: {} }, undefined).origin).toBe(DEFAULT_HOST)
  })

  it('never gets a token that was stored for another host', () => {
    expect(chooseTarget({ ...environment, host: 'https://evil' }, stored, undefined).token).toBeUndefined()
    expect(chooseTarget({ ...environment, token: 'env' }, stored, 'https://b')).toEqual({
      origin: 'https://b',
      token: 'env',
      email: undefined,
    })
  })

  it('falls back to another host after a logout', () => {
    expect(withoutHost(stored, 'https://b').current).toBe('http://a:1')
    expect(withoutHost(withoutHost(stored, 'https://b'), 'http://a:1')).toEqual({ current: null, hosts: {} })
  })

  it.each(['ftp://x', 'http://user@x', 'http://x/path', 'http://'])('refuses the address %s', (host) => {
    expect(() => originOf(host)).toThrow('is not the address of a platform')
  })
})

describe('the app that is meant', () => {
  const remotes = parseRemotes(
    'remote.origin.url git@example.com:a/b.git\nremote.skypanel.url http://localhost:8800/git/shop.git\nremote.staging.url http://localhost:8800/git/shop-staging.git\n',
  )

  it('is that of the remote skypanel, of --remote, or of the only one', () => {
    expect(appFromRemotes(remotes, undefined)).toBe('shop')
    expect(appFromRemotes(remotes, 'staging')).toBe('shop-staging')
    expect(appFromRemotes(remotes.slice(2), undefined)).toBe('shop-staging')
  })

  it('is asked for when no remote or several could be meant', () => {
    const several = [...remotes.slice(2), { name: 'live', url: 'https://p/git/live.git' }]
    expect(() => appFromRemotes(several, undefined)).toThrow('staging (shop-staging), live (live)')
    expect(() => appFromRemotes(remotes.slice(0, 1), undefined)).toThrow('No app is named')
    expect(() => appFromRemotes(remotes, 'origin')).toThrow('no git remote origin of a SkyPanel app')
  })

  it('is not read out of other hosts paths', () => {
    expect(appOfUrl('https://example.com/a/git/x.git')).toBeUndefined()
    expect(appOfUrl('https://example.com/git/x')).toBe('x')
  })

  it('keeps shell characters of paths out of the credential helper', () => {
    expect(helperLine(['/opt/my node', "/a/it's.cjs"], 'http://localhost:8800')).toBe(
      `!'/opt/my node' '/a/it'\\''s.cjs' git-credentials --host http://localhost:8800`,
    )
  })
})

describe('what is printed', () => {
  it('aligns tables without blanks at the end', () => {
    expect(
      table(
        ['A', 'LONG'],
        [
          ['wide cell', 'x'],
          ['ü', ''],
        ],
      ),
    ).toBe('A          LONG\nwide cell  x\nü\n')
    expect(
      fields([
        ['Name', 'x'],
        ['Longer', ''],
      ]),
    ).toBe('Name:   x\nLonger:\n')
  })

  it('tells times in UTC and ages in one unit', () => {
    expect(formatTime('2026-11-21T12:05:09.123+02:00')).toBe('2026-11-21 10:05:09 UTC')
    const at = Date.parse('2026-11-21T10:00:00Z')
    expect([5, 65, 7200, 200_000].map((s) => ago('2026-11-21T10:00:00Z', at + s * 1000))).toEqual([
      '~ 5s ago',
      '~ 1m ago',
      '~ 2h ago',
      '~ 2d ago',
    ])
  })

  it('colours neighbouring instances differently and always the same', () => {
    expect(colourOf('web.1')).not.toBe(colourOf('web.2'))
    expect(colourOf('web.1')).toBe(colourOf('web.1'))
  })

  it('marks every line of a failure and ends with what to type', () => {
    expect(describeFailure(new CliError('x', 'One.\nTwo.', { hint: 'Type: y', exit: 69 }))).toEqual({
      text: ' ▸    One.\n ▸    Two.\n ▸\n ▸    Type: y\n',
      exit: 69,
    })
    expect(describeFailure(new TypeError('boom')).exit).toBe(70)
  })
})

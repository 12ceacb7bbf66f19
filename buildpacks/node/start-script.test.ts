import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { programOf, resolveScript } from './start-script.ts'

const run = (scripts: Record<string, string>): string => {
  const script = resolveScript(scripts, 'start')
  return script.how === 'direct' ? script.command : `npm: ${script.why}`
}

describe('the start script', () => {
  it.each([
    [{ start: 'node server.js' }, 'node server.js'],
    [{ start: ' node  server.js ' }, 'node  server.js'],
    [{ start: 'NODE_ENV=production node .' }, 'NODE_ENV=production node .'],
    [{ start: 'next start -p $PORT' }, 'next start -p $PORT'],
    [{ start: 'npm run start:prod', 'start:prod': 'node dist/main' }, 'node dist/main'],
    [{ start: 'npm run serve -- --port 80', serve: 'node s.js' }, 'node s.js --port 80'],
    [{ start: 'npm run a', a: 'npm run b -- x', b: 'node b.js' }, 'node b.js x'],
    [{ start: 'node migrate.js && node server.js' }, 'node migrate.js && exec node server.js'],
    [
      { start: 'npm run migrate && PORT=1 node server.js', migrate: 'prisma migrate deploy' },
      'prisma migrate deploy && PORT=1 exec node server.js',
    ],
    [{ start: 'cd dist && node .' }, 'cd dist && exec node .'],
    [{ start: 'node -e "a && b"' }, 'node -e "a && b"'],
    [{ start: "node -e 'a && b'" }, "node -e 'a && b'"],
    [{ start: 'node a.js', unrelated: 'x', prebuild: 'y' }, 'node a.js'],
  ])('%j runs without npm as: %s', (scripts, expected) => {
    expect(run(scripts)).toBe(expected)
  })

  it.each([
    [{ start: 'node a.js', prestart: 'x' }, 'npm: script "prestart" runs before it'],
    [{ start: 'node a.js', poststart: 'x' }, 'npm: script "poststart" runs after it'],
    [{ start: 'node a.js | pino-pretty' }, 'npm: script "start" is more than a plain command'],
    [{ start: 'node a.js & node b.js' }, 'npm: script "start" is more than a plain command'],
    [{ start: 'node a.js; node b.js' }, 'npm: script "start" is more than a plain command'],
    [{ start: 'node a.js || true' }, 'npm: script "start" is more than a plain command'],
    [{ start: 'node $(pwd)/a.js' }, 'npm: script "start" is more than a plain command'],
    [{ start: 'node a.js > log' }, 'npm: script "start" is more than a plain command'],
    [{ start: 'echo $npm_package_version' }, 'npm: script "start" uses variables that only npm sets'],
    [{ start: 'npm run start' }, 'npm: script "start" calls itself'],
    [{ start: 'npm run a', a: 'npm run b', b: 'npm run a' }, 'npm: script "a" calls itself'],
    [{ start: 'npm run gone' }, 'npm: there is no script "gone"'],
    [{}, 'npm: there is no script "start"'],
  ])('%j is left to npm', (scripts, expected) => {
    expect(run(scripts)).toBe(expected)
  })

  it('that multiplies through other scripts is left to npm at once', () => {
    const scripts = Object.fromEntries(
      Array.from({ length: 7 }, (_, i) => [
        `s${i}`,
        i === 6
          ? 'node x.js'
          : Array(100)
              .fill(`npm run s${i + 1}`)
              .join(' && '),
      ]),
    )
    expect(run({ ...scripts, start: 'npm run s0' })).toBe('npm: script "s5" runs more than 50 commands')
  })

  it('never throws, and never loses a plain command', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('start', 'prestart', 'a', 'b'),
          fc.oneof(fc.string(), fc.constantFrom('npm run a', 'npm run b', 'npm start && x')),
        ),
        (scripts) => {
          const script = resolveScript(scripts, 'start')
          return script.command !== ''
        },
      ),
    )
  })

  it.each([
    ['NODE_ENV=x ./node_modules/.bin/tsx a.ts', 'tsx'],
    ['exec node .', 'node'],
    ['cross-env A=b nest start', 'nest'],
    ['', ''],
  ])('%s is a run of %s', (command, expected) => {
    expect(programOf(command)).toBe(expected)
  })
})

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NixBench, openNixBench, stepsPlan } from '../../test/support/nix-engine.ts'
import { buildOnce, planOf } from '../engine-conformance.ts'
import { workRoot } from './places.ts'

let bench: NixBench
beforeAll(async () => {
  bench = await openNixBench()
})
afterAll(() => bench.close())

const INSTALL = {
  name: 'install',
  inputs: { files: ['salt'] },
  outputs: ['node_modules'],
  commands: [
    'mkdir -p node_modules/a/lib',
    'echo one > node_modules/a/index.js',
    'echo two > node_modules/a/lib/two.js',
  ],
}

describe('config vars', () => {
  const SECRET = `sup3r-s3cret-${process.pid}`

  test('are seen by the steps that ask for them, with any content, and stand in no derivation and no output', async () => {
    const env = { TOKEN: SECRET, HOSTILE: `a'b"c\n$(id)\\`, PATH: '/nowhere', 'bad-name': 'x' }
    const { read } = await bench.built(
      planOf([
        'printf %s "$TOKEN" | sha256sum > digest',
        'printf %s "$HOSTILE" > hostile',
        '[ ! -e /secrets/env ] || true',
      ]),
      {},
      { env },
    )
    expect(read('digest')).toMatch(/^[0-9a-f]{64}/)
    expect(read('hostile')).toBe(env.HOSTILE)
    const derivations = readdirSync(join(bench.home.at.nix, 'store')).filter((name) => name.endsWith('.drv'))
    expect(derivations.length).toBeGreaterThan(0)
    for (const name of derivations)
      expect(readFileSync(join(bench.home.at.nix, 'store', name), 'utf8')).not.toContain(SECRET)
  })

  test('that a step does not ask for are not there', async () => {
    const { read } = await bench.built(
      planOf(['env > seen'], { secrets: ['WANTED'] }),
      {},
      { env: { WANTED: 'yes', OTHER: 'no' } },
    )
    expect(read('seen')).toContain('WANTED=yes')
    expect(read('seen')).not.toContain('OTHER')
  })

  test('whose value ends in a file fail the build, which names the variable and the file', async () => {
    const { outcome } = await buildOnce(
      bench.engine,
      bench.source({}),
      planOf(['mkdir -p dist; echo "const key = \'$TOKEN\'" > dist/bundle.js']),
      { env: { TOKEN: SECRET } },
    )
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringMatching(/TOKEN.*dist\/bundle\.js/),
    })
    expect(JSON.stringify(outcome)).not.toContain(SECRET)
    expect(await bench.leftovers()).toEqual([])
  })

  test('with a public name of a framework may end in files', async () => {
    const { read } = await bench.built(
      planOf(['echo "$VITE_API" > bundle.js']),
      {},
      { env: { VITE_API: 'https://api.example.org' } },
    )
    expect(read('bundle.js')).toBe('https://api.example.org\n')
  })

  test('that changed build again, and those that did not do not', async () => {
    const plan = planOf(['echo worked'])
    const folder = bench.source({ one: 'same' })
    const run = (value: string) => buildOnce(bench.engine, folder, plan, { env: { COLOUR: value } })
    await run('red')
    expect((await run('red')).events).toContainEqual(
      expect.objectContaining({ type: 'stage', state: 'cached' }),
    )
    expect((await run('blue')).events).toContainEqual(
      expect.objectContaining({ type: 'stage', state: 'done' }),
    )
  })
})

describe('after the agent was killed in the middle of a build', () => {
  test('half outputs, locks and work folders are swept, and what is whole stays', async () => {
    const whole = await bench.built(planOf(['echo whole > file']))
    const store = join(bench.home.at.nix, 'store')
    const half = join(store, `${'0'.repeat(32)}-conformance-half`)
    mkdirSync(join(half, 'app'), { recursive: true })
    writeFileSync(`${half}.lock`, '')
    mkdirSync(join(workRoot(bench.home.store), 'left-behind'))
    expect((await bench.engine.sweep()).length).toBe(3)
    expect(await bench.leftovers()).toEqual([])
    expect(existsSync(half) || existsSync(`${half}.lock`)).toBe(false)
    expect(whole.read('file')).toBe('whole\n')
  })
})

describe('limits and costs', () => {
  test('a build that takes too long is ended and says so', async () => {
    const { outcome } = await buildOnce(bench.engine, bench.source({}), planOf(['sleep 60']), {
      limits: { seconds: 1 },
    })
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringContaining('longer than 1 seconds'),
    })
    expect(await bench.leftovers()).toEqual([])
  })

  test('a build that writes too much is ended and says so', async () => {
    const { outcome } = await buildOnce(
      bench.engine,
      bench.source({}),
      planOf(['head -c 600M /dev/zero > big; sleep 60']),
      { limits: { diskMb: 100 } },
    )
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringContaining('the limit is 100 MB'),
    })
    expect(await bench.leftovers()).toEqual([])
  })

  test('processes that a step leaves behind do not outlive it', async () => {
    await bench.built(planOf(['(sleep 300; echo late > late) & disown; echo done > done']))
    expect(await bench.leftovers()).toEqual([])
  })

  test('an unchanged app is found again without a single call of Nix', async () => {
    const plan = stepsPlan(INSTALL, { name: 'build', needs: ['install'], commands: ['echo built > out'] })
    const folder = bench.source({ 'app.js': 'unchanged' })
    await buildOnce(bench.engine, folder, plan)
    bench.forgetCalls()
    expect((await buildOnce(bench.engine, folder, plan)).outcome.ok).toBe(true)
    expect(bench.calls()).toEqual([])
  })

  test('a change of the source alone costs one call of Nix where no step reads it', async () => {
    const plan = stepsPlan(INSTALL)
    const sourced = {
      ...plan,
      release: {
        ...plan.release,
        include: [
          { step: 'source', paths: ['.'] },
          { step: 'install', paths: ['.'] },
        ],
      },
    }
    await bench.built(sourced, { 'app.js': '1' })
    bench.forgetCalls()
    const { read, artifact } = await bench.built(sourced, { 'app.js': '2' })
    expect(read('app.js')).toBe('2')
    expect(artifact.layers).toHaveLength(2)
    expect(bench.calls()).toHaveLength(1)
  })
})

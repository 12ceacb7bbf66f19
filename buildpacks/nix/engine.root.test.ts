import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NixBench, openNixBench, stepsPlan } from '../../test/support/nix-engine.ts'
import { engineConformance, planOf } from '../engine-conformance.ts'
import type { FakeBuild } from '../fake-engine.ts'
import { physical } from './store.ts'

let bench: NixBench
beforeAll(async () => {
  bench = await openNixBench()
})
afterAll(() => bench.close())

const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** The fake engine's behaviour in real commands. */
function commandsFor(behaviour: FakeBuild): string[] {
  return [
    `: ${bench.salt}`,
    ...behaviour.lines.map((line) => `echo ${shell(line)}`),
    ...behaviour.printEnv.map((name) => `echo "$${name}"`),
    ...(behaviour.seconds > 0 ? [`sleep ${behaviour.seconds}`] : []),
    ...(behaviour.fail === null ? [] : [`echo ${shell(behaviour.fail)} >&2; exit 1`]),
  ]
}

describe('the Nix build engine', () => {
  engineConformance(() => ({
    engine: bench.engine,
    folder: () => mkdtempSync(join(bench.scratch, 'source-')),
    plan: (behaviour) => planOf(commandsFor(behaviour)),
    exists: (path) => existsSync(physical(bench.home.store, path)),
    leftovers: () => bench.leftovers(),
  }))
})

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

describe('a step in the box', () => {
  test('runs as uid 1000 in /app, over the stack, and sees no process and no file of the machine', async () => {
    const { read } = await bench.built(
      planOf([
        'id -u > who; pwd >> who; . /etc/os-release; echo "$VERSION_CODENAME" >> who',
        'ls /proc | grep -c "^[0-9]" > processes',
        'ls /nix/store | wc -l > paths; ls -d /work /var/lib/skypanel /nix/var 2>/dev/null > machine || :',
      ]),
    )
    expect(read('who')).toBe('1000\n/app\ntrixie\n')
    expect(Number(read('processes'))).toBeLessThan(8)
    expect(Number(read('paths'))).toBeLessThan(6)
    expect(read('machine')).toBe('')
  })

  test('without network reaches nothing, not even the loopback of the machine', async () => {
    const { read } = await bench.built(
      planOf([
        "python3 -c \"import os; print(sorted(os.listdir('/sys/class/net')) if os.path.exists('/sys/class/net') else [])\" > links",
        'grep -c : /proc/net/dev > devices || :',
        'curl -sS --max-time 3 http://127.0.0.1:22 2> refused || :; getent hosts example.org > names || :',
      ]),
    )
    expect(read('devices').trim()).toBe('1')
    expect(read('refused')).toContain('Failed to connect')
    expect(read('names')).toBe('')
  })

  test('with network sees the registries and the certificates of this machine', async () => {
    const plan = planOf(
      [
        'echo "$NPM_CONFIG_REGISTRY" > registry; echo "$NODE_EXTRA_CA_CERTS" >> registry',
        'curl -fsS --retry 2 "${NPM_CONFIG_REGISTRY%/}/is-number" > whole; head -c 1 whole > answer',
        'cat /etc/resolv.conf > resolv',
      ],
      { network: true },
    )
    const { read } = await bench.built(plan)
    expect(read('registry')).toBe(
      `${bench.home.registries.npm.registry}\n/etc/ssl/certs/ca-certificates.crt\n`,
    )
    expect(read('answer')).toBe('{')
    expect(read('resolv')).toBe(readFileSync('/etc/resolv.conf', 'utf8'))
  })

  test('adds to the layers beneath without copying them', async () => {
    const plan = stepsPlan(INSTALL, {
      name: 'build',
      needs: ['install'],
      commands: [
        'cat node_modules/a/index.js > seen',
        'echo new > node_modules/a/lib/new.js',
        'mkdir -p empty/folder',
      ],
    })
    const { read, has } = await bench.built(plan, { 'main.js': 'x' })
    expect(read('seen')).toBe('one\n')
    expect(read('node_modules/a/lib/new.js')).toBe('new\n')
    expect(read('main.js')).toBe('x')
    expect(has('empty/folder')).toBe(true)
    expect(has('node_modules/a/index.js')).toBe(false)
  })

  test('may delete from the layers beneath: then its output is the whole of /app', async () => {
    const plan = stepsPlan(INSTALL, {
      name: 'build',
      needs: ['install'],
      commands: [
        'rm node_modules/a/index.js',
        'rm -r node_modules/a/lib; mkdir node_modules/a/lib; echo three > node_modules/a/lib/three.js',
      ],
    })
    const whole = {
      ...plan,
      release: { ...plan.release, include: [...plan.release.include, { step: 'install', paths: ['.'] }] },
    }
    const { artifact, has } = await bench.built(whole, {})
    expect(artifact.layers).toHaveLength(1)
    expect(has('node_modules/a/index.js')).toBe(false)
    expect(has('node_modules/a/lib/two.js')).toBe(false)
    expect(has('node_modules/a/lib/three.js')).toBe(true)
    expect(has('salt')).toBe(true)
  })

  test('that changes a file of the dependencies is tried again with a writable copy, which is remembered', async () => {
    const app = `copies-${bench.salt}`
    const plan = stepsPlan(INSTALL, {
      name: 'build',
      needs: ['install'],
      commands: ['echo patched > node_modules/a/index.js'],
    })
    const first = await bench.built(plan, {}, { app })
    expect(first.read('node_modules/a/index.js')).toBe('patched\n')
    expect(first.lines.join('\n')).toContain('trying again with a writable copy')
    const second = await bench.built(plan, { changed: 'yes' }, { app })
    expect(second.lines.join('\n')).not.toContain('trying again')
    await bench.engine.forgetApp(app)
  })

  test('keeps only its outputs, and a release only the paths that it names', async () => {
    const plan = stepsPlan({
      name: 'build',
      commands: ['mkdir -p dist/a other; echo a > dist/a/x; echo b > dist/b; echo c > other/c'],
      outputs: ['dist', 'other'],
    })
    const picked = { ...plan, release: { ...plan.release, include: [{ step: 'build', paths: ['dist/a'] }] } }
    expect((await bench.built(plan)).has('salt')).toBe(false)
    const { has } = await bench.built(picked)
    expect([has('dist/a/x'), has('dist/b'), has('other')]).toEqual([true, false, false])
  })

  test('finds in its cache what the last build left there, and other apps do not', async () => {
    const cached = (word: string) => ({
      ...planOf([`ls /cache/things > seen 2>/dev/null || :; echo x > /cache/things/${word}`], {
        caches: ['things'],
      }),
      caches: { things: { dir: '/cache/things', scope: 'app' as const } },
    })
    await bench.built(cached('one'), {}, { app: `first-${bench.salt}` })
    expect((await bench.built(cached('two'), {}, { app: `first-${bench.salt}` })).read('seen')).toBe('one\n')
    expect((await bench.built(cached('three'), {}, { app: `second-${bench.salt}` })).read('seen')).toBe('')
  })
})

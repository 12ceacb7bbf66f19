import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type NixHome, openNixHome } from '../../test/support/nix-home.ts'
import { buildOnce, engineConformance, planOf, type Subject, writeSource } from '../engine-conformance.ts'
import type { FakeBuild } from '../fake-engine.ts'
import type { BuildPlan } from '../plan.ts'
import { NixEngine } from './engine.ts'
import { workRoot } from './places.ts'
import { invalidPaths, physical } from './store.ts'
import { UnshareCells } from './unshare-cells.ts'

let home: NixHome
let engine: NixEngine
let scratch: string
/** Every entry into the store's namespace is noted here: that is, every call of Nix. */
let calls: string
/** Makes each run's inputs new to the store. */
const salt = `${process.pid}-${Date.now()}`

beforeAll(async () => {
  home = await openNixHome()
  scratch = mkdtempSync(join(tmpdir(), 'skypanel-nix-'))
  calls = join(scratch, 'calls')
  writeFileSync(calls, '')
  const enter = join(scratch, 'enter')
  writeFileSync(enter, `#!/bin/sh\necho "$@" >> ${calls}\nexec ${home.enter.join(' ')} "$@"\n`)
  chmodSync(enter, 0o755)
  engine = new NixEngine({
    places: home.at,
    buildGroup: home.group,
    registries: home.registries,
    cells: new UnshareCells(home.registries.caBundle),
    enter: [enter],
  })
  await engine.sweep()
})
afterAll(async () => {
  await home.close()
  rmSync(scratch, { recursive: true, force: true })
})

const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** The fake engine's behaviour in real commands. */
function commandsFor(behaviour: FakeBuild): string[] {
  return [
    `: ${salt}`,
    ...behaviour.lines.map((line) => `echo ${shell(line)}`),
    ...behaviour.printEnv.map((name) => `echo "$${name}"`),
    ...(behaviour.seconds > 0 ? [`sleep ${behaviour.seconds}`] : []),
    ...(behaviour.fail === null ? [] : [`echo ${shell(behaviour.fail)} >&2; exit 1`]),
  ]
}

async function leftovers(): Promise<string[]> {
  const store = readdirSync(join(home.at.nix, 'store')).filter((name) => !name.startsWith('.'))
  const unfinished = store.filter((name) => /\.(lock|chroot)$/.test(name))
  const halves = await invalidPaths(
    home.store,
    store
      .filter((name) => /^[0-9a-z]{32}-.*conformance/.test(name) && !unfinished.includes(name))
      .map((name) => `/nix/store/${name}`),
  )
  const processes = readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && environOf(pid).includes('SKYPANEL_CELL=conformance'),
  )
  return [
    ...readdirSync(workRoot(home.store)),
    ...halves,
    ...processes,
    ...unfinished.filter((name) => name.includes('conformance') && !name.endsWith('.lock')),
  ]
}

function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

const subject: () => Subject = () => ({
  engine,
  folder: () => mkdtempSync(join(scratch, 'source-')),
  plan: (behaviour) => planOf(commandsFor(behaviour)),
  exists: (path) => existsSync(physical(home.store, path)),
  leftovers,
})

describe('the Nix build engine', () => {
  engineConformance(subject)
})

const source = (files: Readonly<Record<string, string>>) =>
  writeSource(mkdtempSync(join(scratch, 'source-')), { salt, ...files })

function steps(
  ...list: (Partial<BuildPlan['steps'][number]> & { name: string; commands: string[] })[]
): BuildPlan {
  const plan = planOf([])
  const last = list.at(-1)?.name ?? ''
  return {
    ...plan,
    steps: list.map((one) => ({
      needs: [],
      inputs: { files: ['.'] },
      env: {},
      network: false,
      secrets: [],
      caches: [],
      outputs: ['.'],
      ...one,
    })),
    release: { ...plan.release, include: [{ step: last, paths: ['.'] }] },
  }
}

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

async function built(
  plan: BuildPlan,
  files: Readonly<Record<string, string>> = {},
  given: Parameters<typeof buildOnce>[3] = {},
) {
  const done = await buildOnce(engine, source(files), plan, given)
  if (!done.outcome.ok) throw new Error(`${done.outcome.message}\n${done.lines.join('\n')}`)
  const { artifact } = done.outcome
  const read = (path: string, layer = 0) =>
    readFileSync(physical(home.store, `${artifact.layers[layer]}/app/${path}`), 'utf8')
  const has = (path: string, layer = 0) =>
    existsSync(physical(home.store, `${artifact.layers[layer]}/app/${path}`))
  return { ...done, artifact, read, has }
}

describe('a step in the box', () => {
  test('runs as uid 1000 in /app, over the stack, and sees no process and no file of the machine', async () => {
    const { read } = await built(
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
    const { read } = await built(
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
    const { read } = await built(plan)
    expect(read('registry')).toBe(`${home.registries.npm.registry}\n/etc/ssl/certs/ca-certificates.crt\n`)
    expect(read('answer')).toBe('{')
    expect(read('resolv')).toBe(readFileSync('/etc/resolv.conf', 'utf8'))
  })

  test('adds to the layers beneath without copying them', async () => {
    const plan = steps(INSTALL, {
      name: 'build',
      needs: ['install'],
      commands: [
        'cat node_modules/a/index.js > seen',
        'echo new > node_modules/a/lib/new.js',
        'mkdir -p empty/folder',
      ],
    })
    const { read, has } = await built(plan, { 'main.js': 'x' })
    expect(read('seen')).toBe('one\n')
    expect(read('node_modules/a/lib/new.js')).toBe('new\n')
    expect(read('main.js')).toBe('x')
    expect(has('empty/folder')).toBe(true)
    expect(has('node_modules/a/index.js')).toBe(false)
  })

  test('may delete from the layers beneath: then its output is the whole of /app', async () => {
    const plan = steps(INSTALL, {
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
    const { artifact, has } = await built(whole, {})
    expect(artifact.layers).toHaveLength(1)
    expect(has('node_modules/a/index.js')).toBe(false)
    expect(has('node_modules/a/lib/two.js')).toBe(false)
    expect(has('node_modules/a/lib/three.js')).toBe(true)
    expect(has('salt')).toBe(true)
  })

  test('that changes a file of the dependencies is tried again with a writable copy, which is remembered', async () => {
    const app = `copies-${salt}`
    const plan = steps(INSTALL, {
      name: 'build',
      needs: ['install'],
      commands: ['echo patched > node_modules/a/index.js'],
    })
    const first = await built(plan, {}, { app })
    expect(first.read('node_modules/a/index.js')).toBe('patched\n')
    expect(first.lines.join('\n')).toContain('trying again with a writable copy')
    const second = await built(plan, { changed: 'yes' }, { app })
    expect(second.lines.join('\n')).not.toContain('trying again')
    await engine.forgetApp(app)
  })

  test('keeps only its outputs, and a release only the paths that it names', async () => {
    const plan = steps({
      name: 'build',
      commands: ['mkdir -p dist/a other; echo a > dist/a/x; echo b > dist/b; echo c > other/c'],
      outputs: ['dist', 'other'],
    })
    const picked = { ...plan, release: { ...plan.release, include: [{ step: 'build', paths: ['dist/a'] }] } }
    expect((await built(plan)).has('salt')).toBe(false)
    const { has } = await built(picked)
    expect([has('dist/a/x'), has('dist/b'), has('other')]).toEqual([true, false, false])
  })

  test('finds in its cache what the last build left there, and other apps do not', async () => {
    const cached = (word: string) => ({
      ...planOf([`ls /cache/things > seen 2>/dev/null || :; echo x > /cache/things/${word}`], {
        caches: ['things'],
      }),
      caches: { things: { dir: '/cache/things', scope: 'app' as const } },
    })
    await built(cached('one'), {}, { app: `first-${salt}` })
    expect((await built(cached('two'), {}, { app: `first-${salt}` })).read('seen')).toBe('one\n')
    expect((await built(cached('three'), {}, { app: `second-${salt}` })).read('seen')).toBe('')
  })
})

describe('config vars', () => {
  const SECRET = `sup3r-s3cret-${salt}`

  test('are seen by the steps that ask for them, with any content, and stand in no derivation and no output', async () => {
    const env = { TOKEN: SECRET, HOSTILE: `a'b"c\n$(id)\\`, PATH: '/nowhere', 'bad-name': 'x' }
    const { read } = await built(
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
    const derivations = readdirSync(join(home.at.nix, 'store')).filter((name) => name.endsWith('.drv'))
    expect(derivations.length).toBeGreaterThan(0)
    for (const name of derivations)
      expect(readFileSync(join(home.at.nix, 'store', name), 'utf8')).not.toContain(SECRET)
  })

  test('that a step does not ask for are not there', async () => {
    const { read } = await built(
      planOf(['env > seen'], { secrets: ['WANTED'] }),
      {},
      { env: { WANTED: 'yes', OTHER: 'no' } },
    )
    expect(read('seen')).toContain('WANTED=yes')
    expect(read('seen')).not.toContain('OTHER')
  })

  test('whose value ends in a file fail the build, which names the variable and the file', async () => {
    const { outcome } = await buildOnce(
      engine,
      source({}),
      planOf(['mkdir -p dist; echo "const key = \'$TOKEN\'" > dist/bundle.js']),
      { env: { TOKEN: SECRET } },
    )
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringMatching(/TOKEN.*dist\/bundle\.js/),
    })
    expect(JSON.stringify(outcome)).not.toContain(SECRET)
    expect(await leftovers()).toEqual([])
  })

  test('with a public name of a framework may end in files', async () => {
    const { read } = await built(
      planOf(['echo "$VITE_API" > bundle.js']),
      {},
      { env: { VITE_API: 'https://api.example.org' } },
    )
    expect(read('bundle.js')).toBe('https://api.example.org\n')
  })

  test('that changed build again, and those that did not do not', async () => {
    const plan = planOf(['echo worked'])
    const folder = source({ one: 'same' })
    const run = (value: string) => buildOnce(engine, folder, plan, { env: { COLOUR: value } })
    await run('red')
    expect((await run('red')).events).toContainEqual(
      expect.objectContaining({ type: 'stage', state: 'cached' }),
    )
    expect((await run('blue')).events).toContainEqual(
      expect.objectContaining({ type: 'stage', state: 'done' }),
    )
  })
})

describe('limits and costs', () => {
  test('a build that takes too long is ended and says so', async () => {
    const { outcome } = await buildOnce(engine, source({}), planOf(['sleep 60']), { limits: { seconds: 1 } })
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringContaining('longer than 1 seconds'),
    })
    expect(await leftovers()).toEqual([])
  })

  test('a build that writes too much is ended and says so', async () => {
    const { outcome } = await buildOnce(
      engine,
      source({}),
      planOf(['head -c 600M /dev/zero > big; sleep 60']),
      { limits: { diskMb: 100 } },
    )
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringContaining('the limit is 100 MB'),
    })
    expect(await leftovers()).toEqual([])
  })

  test('processes that a step leaves behind do not outlive it', async () => {
    await built(planOf(['(sleep 300; echo late > late) & disown; echo done > done']))
    expect(await leftovers()).toEqual([])
  })

  beforeEach(() => writeFileSync(calls, ''))

  test('an unchanged app is found again without a single call of Nix', async () => {
    const plan = steps(INSTALL, { name: 'build', needs: ['install'], commands: ['echo built > out'] })
    const folder = source({ 'app.js': 'unchanged' })
    await buildOnce(engine, folder, plan)
    writeFileSync(calls, '')
    expect((await buildOnce(engine, folder, plan)).outcome.ok).toBe(true)
    expect(readFileSync(calls, 'utf8')).toBe('')
  })

  test('a change of the source alone costs one call of Nix where no step reads it', async () => {
    const plan = steps(INSTALL)
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
    await built(sourced, { 'app.js': '1' })
    writeFileSync(calls, '')
    const { read, artifact } = await built(sourced, { 'app.js': '2' })
    expect(read('app.js')).toBe('2')
    expect(artifact.layers).toHaveLength(2)
    expect(readFileSync(calls, 'utf8').trim().split('\n')).toHaveLength(1)
  })
})

import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AgentCells, openAgentCells } from '../../../test/support/agent-cells.ts'
import { type NixBench, openNixBench } from '../../../test/support/nix-engine.ts'
import { buildOnce } from '../../engine-conformance.ts'
import { planFolder } from '../../plan-folder.ts'
import { NixEngine } from '../engine.ts'
import { runOrThrow } from '../spawn.ts'
import { callNix, physical } from '../store.ts'
import { UnshareCells } from '../unshare-cells.ts'
import type { FlakeCacheOptions } from './flake-caches.ts'

let bench: NixBench
let agent: AgentCells
let folder: string
let server: Server
let url = ''
let asked: string[] = []

beforeAll(async () => {
  bench = await openNixBench()
  // Nothing here runs with less than what a stranger's push runs with, but where a test's own server is asked.
  agent = await openAgentCells('f1a6', '10.221.128.0/18', bench.home.registries.caBundle)
  folder = mkdtempSync(join(bench.home.home, 'flake-test-'))
  chmodSync(folder, 0o755)
  server = createServer((request, answer) => {
    asked.push(request.url ?? '')
    const file = join(folder, 'cache', request.url ?? '')
    if (file.startsWith(join(folder, 'cache/')) && existsSync(file)) answer.end(readFileSync(file))
    else answer.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  // Nix for the box comes from the machine's own mirror, which the cells of a test do not reach.
  await built({ 'flake.nix': flake(program) }, { caches: { urls: [], keys: [] } })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 600_000)
afterAll(async () => {
  server?.close()
  rmSync(folder, { recursive: true, force: true })
  await agent?.close()
  await bench?.close()
})

const LIMITS = { memoryMb: 8192, cpuMilli: 2000, pids: 400, diskMb: 2048, seconds: 120 }
let count = 0

type Files = Readonly<Record<string, string>>

async function push(
  files: Files,
  given: { app?: string; caches?: FlakeCacheOptions; env?: Record<string, string> } = {},
) {
  const engine = new NixEngine({
    places: bench.home.at,
    buildGroup: bench.home.group,
    registries: bench.home.registries,
    cells: given.caches === undefined ? agent.cells : new UnshareCells(bench.home.registries.caBundle),
    enter: bench.home.enter,
    ...(given.caches === undefined ? {} : { flakeCaches: given.caches }),
  })
  const source = bench.source(files)
  const planned = await planFolder(join(source, 'app'), {
    builder: 'test',
    config: { ...given.env, SKYPANEL_BUILDPACK: 'flake' },
    inventories: null,
    versions: 'open',
    now: Date.now(),
  })
  if (!planned.ok) throw new Error(`${planned.message} ${planned.hint}`)
  count += 1
  const app = given.app ?? `flake-${process.pid}-${count}`
  const built = await buildOnce(engine, source, planned.plan, { app, limits: LIMITS, env: given.env ?? {} })
  return { ...built, said: built.lines.join('\n'), app, engine }
}

async function built(files: Files, given: Parameters<typeof push>[1] = {}) {
  const done = await push(files, given)
  if (!done.outcome.ok) throw new Error(`${done.outcome.message}\n${done.outcome.hint}\n${done.said}`)
  const { artifact } = done.outcome
  const [tool = ''] = artifact.tools
  const read = (path: string) => readFileSync(physical(bench.home.store, `${tool}/${path}`), 'utf8')
  return { ...done, artifact, tool, read }
}

async function refused(files: Files, given: Parameters<typeof push>[1] = {}) {
  const done = await push(files, given)
  if (done.outcome.ok) throw new Error(`It was built:\n${done.said}`)
  return { ...done, outcome: done.outcome, told: `${done.outcome.message} | ${done.outcome.hint}` }
}

/** A flake whose package is made by a command of the sandbox's shell. */
const flake = (command: string, more = '', before = '') => `{
  outputs = { self }: {
    packages.x86_64-linux.default = ${before} derivation {
      name = "greeter-1.0";
      system = "x86_64-linux";
      builder = "/bin/sh";
      args = [ "-euc" ''${command}'' ];
      ${more}
    } // { meta.mainProgram = "greeter"; };
  };
}`
const program = "mkdir -p $out/bin; echo '#!/bin/sh' > $out/bin/greeter; chmod 755 $out/bin/greeter"

describe('an app with a flake that has no inputs', () => {
  test('is released with its package on PATH, its program as web, and its source in /app', async () => {
    const app = await built({ 'flake.nix': flake(program), 'notes.txt': 'beside it' })
    expect(app.artifact.processTypes).toEqual({ web: 'greeter' })
    expect(app.artifact.env['PATH']?.split(':')[0]).toBe(`${app.tool}/bin`)
    expect(readdirSync(physical(bench.home.store, `${app.tool}/bin`))).toEqual(['greeter'])
    const [layer = ''] = app.artifact.layers
    expect(readdirSync(physical(bench.home.store, `${layer}/app`)).sort()).toEqual([
      'flake.nix',
      'notes.txt',
      'salt',
    ])
  })

  test('is neither evaluated nor built again while nothing changes, and has the same package', async () => {
    const files = { 'flake.nix': flake(program) }
    const first = await built(files)
    const second = await built(files, { app: first.app })
    expect(second.tool).toBe(first.tool)
    expect(second.events.flatMap((event) => (event.type === 'stage' ? [event.state] : []))).not.toContain(
      'done',
    )
  })

  test('keeps its package when only a file changes that it does not read', async () => {
    const first = await built({ 'flake.nix': flake(program), a: '1' })
    const second = await built({ 'flake.nix': flake(program), a: '2' }, { app: first.app })
    expect(second.tool).toBe(first.tool)
    expect(second.said).toContain('Nothing changed: reused')
  })

  test('runs what its Procfile says instead', async () => {
    const app = await built({
      'flake.nix': flake(program),
      Procfile: 'web: greeter --loud\nworker: greeter\n',
    })
    expect(app.artifact.processTypes).toEqual({ web: 'greeter --loud', worker: 'greeter' })
  })

  test('says so where several programs could be meant', async () => {
    const { told } = await refused({
      'flake.nix': flake(
        'mkdir -p $out/bin; for name in a b; do echo > $out/bin/$name; chmod 755 $out/bin/$name; done',
      ),
    })
    expect(told).toContain('a, b')
    expect(told).toContain('Procfile')
  })

  test('is told the last lines of its build when that fails', async () => {
    const { told } = await refused({ 'flake.nix': flake('echo the engine is cold; exit 3') })
    expect(told).toContain('the engine is cold')
  })
})

describe('a derivation of a flake', () => {
  test('is built in the sandbox: no network, no files of the machine or the build, not as root', async () => {
    const look = `
      mkdir -p $out/bin
      {
        id -u
        ls / /etc /nix /nix/var /root /home /app /secrets 2>&1 || :
        cat /proc/net/dev
        env
      } > $out/bin/greeter`
    const app = await built(
      { 'flake.nix': flake(look) },
      { env: { API_SECRET: 'a-value-nobody-should-see' } },
    )
    const seen = app.read('bin/greeter')
    expect(seen.split('\n')[0]).not.toBe('0')
    expect(seen).not.toContain('a-value-nobody-should-see')
    expect(seen).not.toMatch(/eth|skypanel|shadow/)
    for (const gone of ['/root', '/app', '/secrets', '/nix/var'])
      expect(seen).toContain(`${gone}: No such file or directory`)
  })

  test('cannot leave the sandbox by asking to', async () => {
    const { told } = await refused({ 'flake.nix': flake(program, '__noChroot = true;') })
    expect(told).toContain('outside of the sandbox')
  })

  test('cannot be let out by settings that the flake brings', async () => {
    const look = 'mkdir -p $out/bin; ls / > $out/bin/greeter'
    const config =
      'nixConfig = { sandbox = false; extra-sandbox-paths = "/etc"; plugin-files = "/tmp/x.so"; allow-import-from-derivation = true; };'
    const app = await built({ 'flake.nix': flake(look).replace('{', `{ ${config}`) })
    expect(app.read('bin/greeter').split('\n').sort()).toEqual(
      expect.not.arrayContaining(['var', 'usr', 'root', 'home']),
    )
  })
})

describe('evaluating a flake', () => {
  const evaluates = (value: string, more: Files = {}) =>
    refused({ 'flake.nix': flake(program, `x = ${value};`), ...more })

  test.each([
    ['builtins.readFile "/etc/passwd"', '/etc'],
    ['builtins.readFile /etc/passwd', '/etc'],
    ['builtins.attrNames (builtins.readDir /etc)', '/etc'],
    ['builtins.readFile (./. + "/../../../../etc/passwd")', 'neither in the repository'],
    ['"${/etc}"', 'neither in the repository'],
    ['builtins.path { path = /app; name = "x"; }', 'neither in the repository'],
    ['builtins.storePath "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-x"', 'builtins.storePath'],
    ['builtins.fetchurl "https://example.com/x"', 'neither in the repository'],
    [
      `(builtins.fetchTarball { url = "https://example.com/x"; sha256 = "${'0'.repeat(52)}"; })`,
      'neither in the repository',
    ],
    ['(builtins.fetchGit "https://example.com/x").outPath', 'neither in the repository'],
    ['(builtins.getFlake "github:a/b").outPath', 'flake'],
  ])('does not reach %s', async (value, said) => {
    const { told } = await evaluates(value)
    expect(told).toContain(said)
    expect(told).not.toContain('root:x:0')
  })

  test('follows no link out of the repository', async () => {
    const files = { 'flake.nix': flake(program, 'x = builtins.readFile ./link;') }
    const source = bench.source(files)
    symlinkSync('/etc/passwd', join(source, 'app', 'link'))
    const planned = await planFolder(join(source, 'app'), {
      builder: 'test',
      inventories: null,
      versions: 'open',
      now: Date.now(),
    })
    if (!planned.ok) throw new Error(planned.message)
    const done = await buildOnce(bench.engine, source, planned.plan, { app: 'flake-link', limits: LIMITS })
    expect(done.outcome.ok).toBe(false)
    expect(done.lines.join('\n')).not.toContain('root:x:0')
  })

  test('sees neither config vars nor the environment', async () => {
    const app = await built(
      {
        'flake.nix': flake(
          `mkdir -p $out/bin; echo "$seen" > $out/bin/greeter`,
          'seen = "<${builtins.getEnv "API_SECRET"}${builtins.getEnv "HOME"}>";',
        ),
      },
      { env: { API_SECRET: 'a-value-nobody-should-see' } },
    )
    expect(app.read('bin/greeter')).toBe('<>\n')
  })

  test('runs no programs, by whatever name they are asked for', async () => {
    const { told } = await evaluates('builtins.exec [ "/bin/sh" "-c" "id" ]')
    expect(told).toMatch(/exec/)
    const native = await evaluates('builtins.importNative ./x.so "init"', { 'x.so': '' })
    expect(native.told).toMatch(/importNative/)
  })

  test('builds nothing to find out what to build', async () => {
    const inner =
      'derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo 1 > $out" ]; }'
    const { told } = await evaluates(`import "\${${inner}}"`)
    expect(told).toContain('import from derivation')
  })

  test('ends when it does not: infinite recursion', async () => {
    const { told } = await evaluates('let x = x; in x')
    expect(told).toContain('infinite recursion')
  })

  test('ends when it calls itself for ever', async () => {
    const { told } = await evaluates('let f = n: 1 + f (n + 1); in toString (f 0)')
    expect(told).toContain('infinite recursion')
  })

  test('ends when it wants more memory than it may have', async () => {
    const grow =
      'let f = n: s: if n == 0 then s else f (n - 1) (s + s); in builtins.hashString "sha256" (f 34 "x")'
    const { told } = await evaluates(grow)
    expect(told).toContain('4 GB of memory')
  })

  test('of another system is told which package is missing', async () => {
    const { told } = await refused({
      'flake.nix': flake(program).replaceAll('x86_64-linux', 'riscv64-linux'),
    })
    expect(told).toContain('packages.x86_64-linux.default')
  })

  test('that is no Nix at all is told what is wrong', async () => {
    const { told } = await refused({ 'flake.nix': '{ outputs = ' })
    expect(told).toContain('syntax error')
  })
})

describe('an app with a flake that has inputs', () => {
  /** What the input gives is built once here, and then only the cache has it. */
  const made = () => `derivation {
      name = "words"; system = "x86_64-linux"; builder = "/bin/sh";
      args = [ "-euc" "cat /proc/sys/kernel/random/uuid > $out" ];
      salt = "${bench.salt}";
    }`
  const input = () => `{ outputs = { self }: { packages.x86_64-linux.default = ${made()}; }; }`
  const own = `{
    inputs.words.url = "github:ada/words";
    outputs = { self, words }: {
      packages.x86_64-linux.default = derivation {
        name = "greeter-1.0"; system = "x86_64-linux"; builder = "/bin/sh";
        words = words.packages.x86_64-linux.default;
        args = [ "-euc" "mkdir -p $out/bin; cat $words > $out/bin/greeter; echo $words >> $out/bin/greeter" ];
      };
    };
  }`
  let lock = ''
  let words = ''
  let id = ''
  let key = ''
  const nix = async (...args: string[]) => {
    const done = await callNix(bench.home.store, args)
    if (done.code !== 0) throw new Error(done.stderr)
    return done.stdout.trim()
  }

  beforeAll(async () => {
    const store = bench.home.store
    const command = [...store.enter, ...store.nix.nix]
    const secret = await runOrThrow(
      [...command, 'key', 'generate-secret', '--key-name', 'test-1'],
      { env: store.nix.env },
      'a key',
    )
    writeFileSync(join(folder, 'secret'), secret)
    key = (
      await runOrThrow(
        [...command, 'key', 'convert-secret-to-public'],
        { env: store.nix.env, input: secret },
        'a key',
      )
    ).trim()
    // Something that the sandbox shows as its shell, as builds of apps do.
    const shell = readdirSync(join(store.root, 'store'))
      .map((name) => join(store.root, 'store', name, 'usr/bin/busybox'))
      .find((file) => existsSync(file))
    const build = [
      'build',
      '--option',
      'build-hook',
      '',
      '--impure',
      '--expr',
      made(),
      '--no-link',
      '--print-out-paths',
    ]
    words = await nix(
      ...build,
      '--option',
      'sandbox',
      'true',
      '--option',
      'sandbox-paths',
      `/bin/sh=${shell ?? ''}`,
    )
    id = readFileSync(physical(store, words), 'utf8')
    const source = join(folder, 'source')
    await runOrThrow(['mkdir', '-p', source], { env: store.nix.env }, 'a folder')
    writeFileSync(join(source, 'flake.nix'), input())
    const tree = await nix('store', 'add', '--name', 'source', source)
    const info = JSON.parse(await nix('path-info', '--json', tree)) as Record<string, { narHash: string }>
    lock = JSON.stringify({
      version: 7,
      root: 'root',
      nodes: {
        root: { inputs: { words: 'words' } },
        words: {
          locked: {
            type: 'github',
            owner: 'ada',
            repo: 'words',
            rev: '0123456789abcdef0123456789abcdef01234567',
            lastModified: 1748026106,
            narHash: info[tree]?.narHash,
          },
          original: { type: 'github', owner: 'ada', repo: 'words' },
        },
      },
    })
    await nix('copy', '--to', `file://${folder}/cache?secret-key=${folder}/secret`, tree, words)
    await nix('store', 'delete', tree, words)
  }, 300_000)

  const files = () => ({ 'flake.nix': own, 'flake.lock': lock })

  test('takes inputs and what they build from the cache, where both are', async () => {
    asked = []
    const app = await built(files(), { caches: { urls: [url], keys: [key] } })
    expect(app.read('bin/greeter')).toBe(`${id}${words}\n`)
    expect(app.artifact.closure).toContain(words)
    expect(asked.some((path) => path.startsWith('/nar/'))).toBe(true)
    expect(app.said).toContain('1 derivation is built')
    // What follows starts without it again.
    for (const build of await app.engine.rooted()) await app.engine.unroot(build)
    await app.engine.forgetApp(app.app)
    await app.engine.collect(null)
    expect(existsSync(physical(bench.home.store, words))).toBe(false)
  })

  test('is told at once that there is no cache', async () => {
    const { told, said } = await refused(files())
    expect(told).toContain('has inputs (words)')
    expect(told).toContain('SKYPANEL_FLAKE_CACHES')
    expect(said).not.toContain('nix flake archive')
  })

  test('is told that no cache answers, and the answer is remembered', async () => {
    const dead = createServer()
    await new Promise<void>((done) => dead.listen(0, '127.0.0.1', done))
    const { port } = dead.address() as AddressInfo
    await new Promise((done) => dead.close(done))
    const { told } = await refused(files(), { caches: { urls: [`http://127.0.0.1:${port}`], keys: [key] } })
    expect(told).toContain(`no Nix binary cache answers (127.0.0.1:${port})`)
  })

  test('does not take what another key has signed', async () => {
    const other = `other-1:${'A'.repeat(43)}=`
    // The input is named by its content and needs no signature; what it builds is built here instead.
    const app = await built(files(), { caches: { urls: [url], keys: [other] } })
    expect(app.read('bin/greeter')).toContain(words)
    expect(app.read('bin/greeter')).not.toContain(id)
  })

  test('whose lock does not name every input is told to lock them', async () => {
    const more = own.replace('inputs.words', 'inputs.more.url = "github:ada/more"; inputs.words')
    const { told } = await refused(
      { 'flake.nix': more.replace('self, words', 'self, words, more'), 'flake.lock': lock },
      { caches: { urls: [url], keys: [key] } },
    )
    expect(told).toContain('nix flake lock')
  })
})

import { readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FlakeWorld, flakeOf, PROGRAM } from '../../../test/support/flake-world.ts'
import { physical } from '../store.ts'

let world: FlakeWorld
beforeAll(async () => {
  world = await FlakeWorld.open('f1a6', '10.221.128.0/18')
}, 600_000)
afterAll(() => world?.close())

type Files = Readonly<Record<string, string>>

describe('an app with a flake that has no inputs', () => {
  test('is released with its package on PATH, its program as web, and its source in /app', async () => {
    const app = await world.built({ 'flake.nix': flakeOf(PROGRAM), 'notes.txt': 'beside it' })
    expect(app.artifact.processTypes).toEqual({ web: 'greeter' })
    expect(app.artifact.env['PATH']?.split(':')[0]).toBe(`${app.tool}/bin`)
    expect(readdirSync(physical(world.bench.home.store, `${app.tool}/bin`))).toEqual(['greeter'])
    const [layer = ''] = app.artifact.layers
    expect(readdirSync(physical(world.bench.home.store, `${layer}/app`)).sort()).toEqual([
      'flake.nix',
      'notes.txt',
      'salt',
    ])
  })

  test('is neither evaluated nor built again while nothing changes, and has the same package', async () => {
    const files = { 'flake.nix': flakeOf(PROGRAM) }
    const first = await world.built(files)
    const second = await world.built(files, { app: first.app })
    expect(second.tool).toBe(first.tool)
    expect(second.events.flatMap((event) => (event.type === 'stage' ? [event.state] : []))).not.toContain(
      'done',
    )
  })

  test('keeps its package when only a file changes that it does not read', async () => {
    const first = await world.built({ 'flake.nix': flakeOf(PROGRAM), a: '1' })
    const second = await world.built({ 'flake.nix': flakeOf(PROGRAM), a: '2' }, { app: first.app })
    expect(second.tool).toBe(first.tool)
    expect(second.said).toContain('Nothing changed: reused')
  })

  test('runs what its Procfile says instead', async () => {
    const app = await world.built({
      'flake.nix': flakeOf(PROGRAM),
      Procfile: 'web: greeter --loud\nworker: greeter\n',
    })
    expect(app.artifact.processTypes).toEqual({ web: 'greeter --loud', worker: 'greeter' })
  })

  test('says so where several programs could be meant', async () => {
    const { told } = await world.refused({
      'flake.nix': flakeOf(
        'mkdir -p $out/bin; for name in a b; do echo > $out/bin/$name; chmod 755 $out/bin/$name; done',
      ),
    })
    expect(told).toContain('a, b')
    expect(told).toContain('Procfile')
  })

  test('is told the last lines of its build when that fails', async () => {
    const { told } = await world.refused({ 'flake.nix': flakeOf('echo the engine is cold; exit 3') })
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
    const app = await world.built(
      { 'flake.nix': flakeOf(look) },
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
    const { told } = await world.refused({ 'flake.nix': flakeOf(PROGRAM, '__noChroot = true;') })
    expect(told).toContain('outside of the sandbox')
  })

  test('cannot be let out by settings that the flake brings', async () => {
    const look = 'mkdir -p $out/bin; ls / > $out/bin/greeter'
    const config =
      'nixConfig = { sandbox = false; extra-sandbox-paths = "/etc"; plugin-files = "/tmp/x.so"; allow-import-from-derivation = true; };'
    const app = await world.built({ 'flake.nix': flakeOf(look).replace('{', `{ ${config}`) })
    expect(app.read('bin/greeter').split('\n').sort()).toEqual(
      expect.not.arrayContaining(['var', 'usr', 'root', 'home']),
    )
  })
})

describe('evaluating a flake', () => {
  const evaluates = (value: string, more: Files = {}) =>
    world.refused({ 'flake.nix': flakeOf(PROGRAM, `x = ${value};`), ...more })

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
    const source = world.bench.source({ 'flake.nix': flakeOf(PROGRAM, 'x = builtins.readFile ./link;') })
    symlinkSync('/etc/passwd', join(source, 'app', 'link'))
    const { told, said } = await world.refused({}, { source })
    expect(told).toContain('/etc')
    expect(said).not.toContain('root:x:0')
  })

  test('sees neither config vars nor the environment', async () => {
    const app = await world.built(
      {
        'flake.nix': flakeOf(
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
    const { told } = await world.refused({
      'flake.nix': flakeOf(PROGRAM).replaceAll('x86_64-linux', 'riscv64-linux'),
    })
    expect(told).toContain('packages.x86_64-linux.default')
  })

  test('that is no Nix at all is told what is wrong', async () => {
    const { told } = await world.refused({ 'flake.nix': '{ outputs = ' })
    expect(told).toContain('syntax error')
  })
})

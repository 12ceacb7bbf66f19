import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FlakeWorld } from '../../../test/support/flake-world.ts'
import { runOrThrow } from '../spawn.ts'
import { callNix, physical } from '../store.ts'

let world: FlakeWorld
let folder: string
let server: Server
let url = ''
let asked: string[] = []

beforeAll(async () => {
  world = await FlakeWorld.open('f1a7', '10.221.192.0/18')
  folder = mkdtempSync(join(world.bench.home.home, 'flake-test-'))
  chmodSync(folder, 0o755)
  server = createServer((request, answer) => {
    asked.push(request.url ?? '')
    const file = join(folder, 'cache', request.url ?? '')
    if (file.startsWith(join(folder, 'cache/')) && existsSync(file)) answer.end(readFileSync(file))
    else answer.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 600_000)
afterAll(async () => {
  server?.close()
  rmSync(folder, { recursive: true, force: true })
  await world?.close()
})

describe('an app with a flake that has inputs', () => {
  /** What the input gives is built once here, and then only the cache has it. */
  const made = () => `derivation {
      name = "words"; system = "x86_64-linux"; builder = "/bin/sh";
      args = [ "-euc" "cat /proc/sys/kernel/random/uuid > $out" ];
      salt = "${world.bench.salt}";
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
    const done = await callNix(world.bench.home.store, args)
    if (done.code !== 0) throw new Error(done.stderr)
    return done.stdout.trim()
  }

  beforeAll(async () => {
    const store = world.bench.home.store
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
    mkdirSync(source)
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
    const app = await world.built(files(), { caches: { urls: [url], keys: [key] } })
    expect(app.read('bin/greeter')).toBe(`${id}${words}\n`)
    expect(app.artifact.closure).toContain(words)
    expect(asked.some((path) => path.startsWith('/nar/'))).toBe(true)
    expect(app.said).toContain('1 derivation is built')
    // What follows starts without it again.
    for (const build of await app.engine.rooted()) await app.engine.unroot(build)
    await app.engine.forgetApp(app.app)
    await app.engine.collect(null)
    expect(existsSync(physical(world.bench.home.store, words))).toBe(false)
  })

  test('is told at once that there is no cache', async () => {
    const { told, said } = await world.refused(files())
    expect(told).toContain('has inputs (words)')
    expect(told).toContain('SKYPANEL_FLAKE_CACHES')
    expect(said).not.toContain('nix flake archive')
  })

  test('is told that no cache answers', async () => {
    const dead = createServer()
    await new Promise<void>((done) => dead.listen(0, '127.0.0.1', done))
    const { port } = dead.address() as AddressInfo
    await new Promise((done) => dead.close(done))
    const { told } = await world.refused(files(), {
      caches: { urls: [`http://127.0.0.1:${port}`], keys: [key] },
    })
    expect(told).toContain(`no Nix binary cache answers (127.0.0.1:${port})`)
  })

  test('does not take what another key has signed', async () => {
    const other = `other-1:${'A'.repeat(43)}=`
    // The input is named by its content and needs no signature; what it builds is built here instead.
    const app = await world.built(files(), { caches: { urls: [url], keys: [other] } })
    expect(app.read('bin/greeter')).toContain(words)
    expect(app.read('bin/greeter')).not.toContain(id)
  })

  test('whose lock does not name every input is told to lock them', async () => {
    const more = own.replace('inputs.words', 'inputs.more.url = "github:ada/more"; inputs.words')
    const { told } = await world.refused(
      { 'flake.nix': more.replace('self, words', 'self, words, more'), 'flake.lock': lock },
      { caches: { urls: [url], keys: [key] } },
    )
    expect(told).toContain('nix flake lock')
  })
})

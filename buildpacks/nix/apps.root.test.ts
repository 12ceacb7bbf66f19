import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NixHome, openNixHome } from '../../test/support/nix-home.ts'
import { type Built, buildOnce } from '../engine-conformance.ts'
import { createInventories } from '../inventory/inventories.ts'
import { planFolder } from '../plan-folder.ts'
import { NixEngine } from './engine.ts'
import { ensureNative } from './native.ts'
import { ensureStacks } from './stack.ts'
import { callNixStore, closureOf, physical } from './store.ts'
import { UnshareCells } from './unshare-cells.ts'

const apps = fileURLToPath(new URL('../../test/apps', import.meta.url))
const LIMITS = { memoryMb: 2048, diskMb: 4096, seconds: 170 }
let home: NixHome
let engine: NixEngine
let scratch: string

beforeAll(async () => {
  home = await openNixHome()
  scratch = mkdtempSync(join(tmpdir(), 'skypanel-apps-'))
  engine = new NixEngine({
    places: home.at,
    buildGroup: home.group,
    registries: home.registries,
    cells: new UnshareCells(home.registries.caBundle),
    enter: home.enter,
  })
})
afterAll(async () => {
  await home.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** Detected, resolved and built as a push of that sample app would be. */
async function push(name: string, change: Readonly<Record<string, string>> = {}): Promise<Built> {
  const source = mkdtempSync(join(scratch, `${name}-`))
  cpSync(join(apps, name), join(source, 'app'), { recursive: true })
  for (const [path, text] of Object.entries(change)) writeFileSync(join(source, 'app', path), text)
  const inventories = createInventories(home.registries, join(scratch, 'inventory'), process.arch)
  const planned = await planFolder(join(source, 'app'), {
    builder: 'test',
    inventories,
    versions: 'exact',
    now: Date.now(),
  })
  if (!planned.ok) throw new Error(planned.message)
  return buildOnce(engine, source, planned.plan, { app: name, build: `${name}-build`, limits: LIMITS })
}

function artifactOf({ outcome, lines }: Built) {
  if (!outcome.ok) throw new Error(`${outcome.message}\n${lines.join('\n')}`)
  const { artifact } = outcome
  /** The file as an instance finds it: in the uppermost layer that has it. */
  const find = (path: string) =>
    artifact.layers
      .map((layer) => physical(home.store, `${layer}/app/${path}`))
      .find((file) => existsSync(file))
  return { artifact, find, text: (path: string) => readFileSync(find(path) ?? '', 'utf8') }
}

describe('the sample apps', () => {
  test('a toolchain of which garbage collection left a part is completed', async () => {
    const node = async () => {
      const { artifact } = artifactOf(await push('express'))
      return artifact.tools.find((path) => /-node-[\d.]+$/.test(path)) ?? ''
    }
    const before = await node()
    // A running instance keeps what it uses, and nothing keeps what only builds need; or the other way round.
    for (const path of [before, `${before}-dev`]) {
      const key = /^\/nix\/store\/[0-9a-z]{32}(.*)$/.exec(path)?.[1] ?? ''
      const found = readdirSync(physical(home.store, '/nix/store')).find((name) => name.endsWith(key))
      await callNixStore(home.store, ['--delete', '--ignore-liveness', `/nix/store/${found}`])
      expect(await node()).toBe(before)
    }
  })

  test('Express: exact Node, dependencies by the lock, the source on top; a changed source reuses them', async () => {
    const first = artifactOf(await push('express'))
    expect(first.artifact.processTypes['web']).toBeDefined()
    expect(first.find('node_modules/express/package.json')).toBeDefined()
    const [node = ''] = first.artifact.tools
    const version = execFileSync(
      home.enter[0] ?? '',
      [...home.enter.slice(1), `${node}/bin/node`, '--version'],
      { encoding: 'utf8' },
    )
    expect(node).toContain(version.trim().slice(1))
    const second = await push('express', { 'version.txt': 'two\n' })
    const { artifact, text } = artifactOf(second)
    expect(text('version.txt')).toBe('two\n')
    expect(artifact.layers.at(-1)).toBe(first.artifact.layers.at(-1))
    expect(second.lines.join('\n')).toContain('Dependencies unchanged: reused')
    await engine.collect(null)
    expect(
      [artifact.stack, ...artifact.layers, ...artifact.tools, ...artifact.closure].every((path) =>
        existsSync(physical(home.store, path)),
      ),
    ).toBe(true)
  })

  test('a Node app with a build ships what was built and no development dependency', async () => {
    const { find, artifact } = artifactOf(await push('node-build'))
    expect(find('node_modules/typescript')).toBeUndefined()
    expect(artifact.processTypes['web']).not.toContain('npm')
    for (const layer of [...artifact.layers, ...artifact.tools]) {
      const known = new Set([...artifact.layers, ...artifact.tools, ...artifact.closure])
      for (const needed of (await closureOf(home.store, layer)).closure) expect(known.has(needed)).toBe(true)
    }
  })

  test('Flask: a virtual environment with byte code that is never checked', async () => {
    const { find } = artifactOf(await push('flask'))
    expect(find('.venv/bin/gunicorn')).toBeDefined()
    const library = find('.venv/lib') ?? ''
    const code = execFileSync('find', [library, '-path', '*flask/__pycache__/app.*.pyc'], {
      encoding: 'utf8',
    }).trim()
    // Flags of an unchecked-hash .pyc: 1 = by hash, 2 = checked.
    expect(readFileSync(code).readUInt32LE(4)).toBe(1)
  })

  test('a static folder is served by Caddy, which is fetched once for all', async () => {
    const { artifact, find } = artifactOf(await push('static'))
    expect(artifact.tools.some((tool) => existsSync(physical(home.store, `${tool}/bin/caddy`)))).toBe(true)
    expect(find('index.html')).toBeDefined()
  })

  test('a build script that fails rejects with its own words', async () => {
    const { outcome } = await push('broken-build')
    expect(outcome).toMatchObject({ ok: false, code: 'build_failed' })
    expect(await engine.rooted()).not.toContain('broken-build-build')
  })
})

describe('what set-up makes', () => {
  test('stacks that are recorded are not made again', async () => {
    const said: string[] = []
    expect(
      await ensureStacks(home.store, home.at.agentState, home.registries, (line) => said.push(line)),
    ).toEqual(home.stacks)
    expect(said).toEqual([])
  })

  test('the run stack has a user for apps, certificates, a UTF-8 locale and empty mount points', () => {
    const inStack = (path: string) => physical(home.store, `${home.stacks.run.path}${path}`)
    expect(readFileSync(inStack('/etc/passwd'), 'utf8')).toContain('app:x:1000:1000:app:/app:/bin/bash')
    expect(readFileSync(inStack('/etc/ssl/certs/ca-certificates.crt'), 'utf8')).toContain('BEGIN CERTIFICATE')
    expect(readFileSync(inStack('/etc/resolv.conf'), 'utf8')).toBe('')
    for (const path of [
      '/app',
      '/nix/store',
      '/cache',
      '/secrets',
      '/run',
      '/dev',
      '/proc',
      '/sys',
      '/tmp',
      '/usr/bin/getent',
      '/usr/bin/python3',
      '/usr/bin/bash',
      '/usr/lib/locale/C.utf8',
    ]) {
      expect([path, existsSync(inStack(path))]).toEqual([path, true])
    }
  })

  test('the native programs are compiled once, and run on this machine', async () => {
    const said: string[] = []
    const make = () =>
      ensureNative(
        home.store,
        home.stacks,
        home.at.agentState,
        fileURLToPath(new URL('../../runtime/native', import.meta.url)),
        home.registries.caBundle,
        (line) => said.push(line),
      )
    const path = await make()
    expect(await make()).toBe(path)
    expect(said.length).toBeLessThanOrEqual(1)
    for (const name of ['init', 'shim', 'hook'])
      expect(
        readFileSync(physical(home.store, `${path}/bin/${name}`))
          .subarray(0, 4)
          .toString('latin1'),
      ).toBe('\u007FELF')
  })
})

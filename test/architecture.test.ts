import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const layers = ['server', 'cli', 'buildpacks', 'runtime', 'dashboard', 'github-action', 'test', 'migrations']

/** A copy of the sources in which a test may break a rule without anybody else seeing it. */
let copy: string
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'skypanel-borders-'))
  for (const name of [
    'server',
    'cli',
    'buildpacks',
    'runtime',
    'dashboard',
    'github-action',
    'tsconfig.base.json',
    'tsconfig.json',
    '.oxlintrc.json',
    'package.json',
  ]) {
    await cp(join(root, name), join(copy, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(async () => {
  await rm(copy, { recursive: true, force: true })
})

async function output(argv: readonly string[]): Promise<{ code: number; text: string }> {
  const [file = '', ...args] = argv
  try {
    const { stdout, stderr } = await run(file, args, { cwd: copy, maxBuffer: 64 << 20 })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const failed = error as { code?: number; stdout?: string; stderr?: string }
    return { code: failed.code ?? 1, text: `${failed.stdout ?? ''}${failed.stderr ?? ''}` }
  }
}

const borders: readonly { from: string; project: string; imports: string }[] = [
  { from: 'server/contract', project: 'server/contract', imports: '../domain/errors.ts' },
  { from: 'server/domain', project: 'server/domain', imports: '../store/db.ts' },
  { from: 'server/apps', project: 'server/tsconfig.features.json', imports: '../api/server.ts' },
  { from: 'buildpacks', project: 'buildpacks', imports: '../runtime/installation.ts' },
  { from: 'runtime', project: 'runtime', imports: '../server/store/db.ts' },
  { from: 'cli', project: 'cli', imports: '../server/store/db.ts' },
  { from: 'dashboard', project: 'dashboard', imports: '../server/domain/errors.ts' },
  { from: 'dashboard', project: 'dashboard', imports: '../cli/exit.ts' },
  { from: 'cli', project: 'cli', imports: '../runtime/installation.ts' },
  { from: 'github-action', project: 'github-action', imports: '../server/domain/errors.ts' },
]

describe('the borders between layers', () => {
  it.each(borders)(
    '$from may not import $imports',
    async ({ from, project, imports }) => {
      const probe = join(copy, from, 'border-probe.ts')
      await writeFile(probe, `import * as beyond from '${imports}'\nexport const probe = beyond\n`)
      const { code, text } = await output([join(root, 'node_modules/.bin/tsc'), '-p', project, '--noEmit'])
      await rm(probe)
      expect(code).not.toBe(0)
      expect(text).toMatch(/border-probe\.ts.*error TS6(307|059)/)
    },
    60_000,
  )

  it('lets the decisions of server/domain neither read a clock of Node nor touch a disk', async () => {
    const probe = join(copy, 'server/domain', 'border-probe.ts')
    await writeFile(
      probe,
      `import { readFileSync } from 'node:fs'\nexport const probe = [readFileSync, process.pid]\n`,
    )
    const { text } = await output([join(root, 'node_modules/.bin/tsc'), '-p', 'server/domain', '--noEmit'])
    await rm(probe)
    expect(text).toMatch(/border-probe\.ts.*node:fs/)
    expect(text).toMatch(/border-probe\.ts.*process/)
  }, 60_000)

  it('reports a vendor package, a process or the environment used outside of its one home', async () => {
    const probe = join(copy, 'server/apps', 'border-probe.ts')
    await writeFile(
      probe,
      [
        `import pg from 'pg'`,
        `import { spawn } from 'node:child_process'`,
        `import fastify from 'fastify'`,
        `export const probe = [pg, spawn, fastify, process.env['HOME']]`,
        `async function late(): Promise<void> {}`,
        `export function forgets(): void {`,
        `  late()`,
        `}`,
        '',
      ].join('\n'),
    )
    const { code, text } = await output([
      join(root, 'node_modules/.bin/oxlint'),
      '--type-aware',
      'server/apps/border-probe.ts',
    ])
    await rm(probe)
    expect(code).not.toBe(0)
    expect(text).toContain('SQL lives in server/store')
    expect(text).toContain('processes are spawned in')
    expect(text).toContain('HTTP lives in server/api')
    expect(text).toContain('no-restricted-properties')
    expect(text).toContain('no-floating-promises')
  }, 60_000)
})

async function sources(folder = root): Promise<string[]> {
  const found: string[] = []
  for (const layer of layers) {
    const entries = await readdir(join(folder, layer), { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && !/node_modules|fixtures|test\/apps|go\.sum|github-action\/dist/.test(path))
        found.push(path)
    }
  }
  return found
}

describe('the house', () => {
  it('has no room whose name fits everything', async () => {
    const vague = (await sources()).filter((path) =>
      /(util|helper|manager|service|common|misc)s?\.[a-z.]+$/i.test(basename(path)),
    )
    expect(vague.map((path) => relative(root, path))).toEqual([])
  })

  it('has no file that hides a second one', async () => {
    const long: string[] = []
    for (const path of (await sources()).filter((name) => /\.(tsx?|css|mjs|c|nix|sh)$/.test(name))) {
      const lines = (await readFile(path, 'utf8')).split('\n').length
      if (lines > 350) long.push(`${relative(root, path)}: ${lines} lines`)
    }
    expect(long).toEqual([])
  })

  it('has no test that is switched off or alone, and none that replaces a module', async () => {
    const marks = new RegExp(
      `\\b(it|test|describe)\\.(${['only', 'todo'].join('|')})\\b|\\b(vi|jest)\\.mock\\(`,
    )
    const marked: string[] = []
    for (const path of (await sources()).filter((name) => name.endsWith('.test.ts'))) {
      if (marks.test(await readFile(path, 'utf8'))) marked.push(relative(root, path))
    }
    expect(marked.filter((path) => path !== 'test/architecture.test.ts')).toEqual([])
  })

  it('names no host of a package registry', async () => {
    // Built from parts, so that this list does not break the rule it checks.
    const dotted = (...parts: string[]) => parts.join('.')
    const hosts = [
      dotted('registry', 'npmjs', 'org'),
      dotted('pypi', 'org'),
      dotted('proxy', 'golang', 'org'),
      dotted('deb', 'debian', 'org'),
      dotted('files', 'pythonhosted', 'org'),
    ]
    const naming: string[] = []
    for (const path of [...(await sources()), join(root, 'package-lock.json'), join(root, 'README.md')]) {
      const text = await readFile(path, 'utf8')
      for (const host of hosts) if (text.includes(host)) naming.push(`${relative(root, path)}: ${host}`)
    }
    expect(naming).toEqual([])
  })
})

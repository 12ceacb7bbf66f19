import { describe, expect, it } from 'vitest'
import { plan } from '../../test/support/planning.ts'

const json = (value: unknown): string => JSON.stringify(value)
const app = (pkg: object) => json({ scripts: { start: 'node .' }, dependencies: { ms: '2' }, ...pkg })
const BERRY = '__metadata:\n  version: 8\n'
const PNPM = (version: string) => `lockfileVersion: '${version}'\n`

function planned(files: Record<string, string>, config: Record<string, string> = {}) {
  const { tools, steps, notes } = plan(files, config)
  const [node, manager] = tools
  return {
    node: `${node?.want} (${node?.from})`,
    manager: `${manager?.name} ${manager?.want}`,
    hash: manager?.hash ?? null,
    command: steps[0]?.commands.at(-1) ?? '',
    notes: notes.map(({ code }) => code),
  }
}

describe('the package manager of an app', () => {
  it.each<[string, Record<string, string>, string]>([
    ['nothing', {}, 'npm *'],
    ['package-lock.json', { 'package-lock.json': '{"lockfileVersion": 3}' }, 'npm >=7'],
    ['an old package-lock.json', { 'package-lock.json': '{"lockfileVersion": 1}' }, 'npm *'],
    ['pnpm-lock.yaml of pnpm 9 and newer', { 'pnpm-lock.yaml': PNPM('9.0') }, 'pnpm 9.x || 10.x'],
    ['pnpm-lock.yaml of pnpm 8', { 'pnpm-lock.yaml': PNPM('6.1') }, 'pnpm 8.x'],
    ['pnpm-lock.yaml of pnpm 7', { 'pnpm-lock.yaml': PNPM('5.4') }, 'pnpm 7.x'],
    ['a yarn.lock of yarn 1', { 'yarn.lock': '# yarn lockfile v1\n' }, 'yarn ^1.22.0'],
    ['a yarn.lock of yarn 4', { 'yarn.lock': BERRY }, 'yarn >=4'],
    ['a yarn.lock of yarn 3', { 'yarn.lock': '__metadata:\n  version: 6\n' }, 'yarn 3.x'],
    [
      'a committed yarn',
      { 'yarn.lock': BERRY, '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn-4.1.0.cjs\n' },
      'yarn 4.1.0',
    ],
    ['bun.lock', { 'bun.lock': '{"lockfileVersion": 1}' }, 'bun >=1.2.0 <2'],
    ['two locks', { 'pnpm-lock.yaml': PNPM('9.0'), 'package-lock.json': '{}' }, 'pnpm 9.x || 10.x'],
  ])('by %s', (_, files, manager) => {
    expect(planned({ 'package.json': app({}), 'index.js': '', ...files }).manager).toBe(manager)
  })

  it.each<[object, string]>([
    [{ packageManager: 'pnpm@9.15.0' }, 'pnpm 9.15.0'],
    [{ packageManager: 'yarn@4.1.0' }, 'yarn 4.1.0'],
    [{ packageManager: 'yarn@1.22.22' }, 'yarn 1.22.22'],
    [{ packageManager: 'bun@1.2.3' }, 'bun 1.2.3'],
    [{ devEngines: { packageManager: { name: 'pnpm', version: '^11.0.0' } } }, 'pnpm ^11.0.0'],
    [{ devEngines: { packageManager: [{ name: 'yarn', version: '>=4' }] } }, 'yarn >=4'],
    [{ engines: { pnpm: '>=9' } }, 'pnpm >=9'],
    [{ engines: { yarn: '>=1' } }, 'yarn ^1.22.0'],
    [{ volta: { yarn: '1.22.19' } }, 'yarn 1.22.19'],
  ])('by %j', (pkg, manager) => {
    expect(planned({ 'package.json': app(pkg), 'index.js': '' }).manager).toBe(manager)
  })

  it('named in package.json beats a lock of another one, and says so', () => {
    const files = {
      'package.json': app({ packageManager: 'pnpm@10.1.0' }),
      'index.js': '',
      'package-lock.json': '{}',
    }
    const { manager, command, notes } = planned(files)
    expect(manager).toBe('pnpm 10.1.0')
    expect(command).toContain('--no-frozen-lockfile')
    expect(notes).toContain('node.lock.foreign')
  })

  it('installs strictly by a lock, and loosely on request or without one', () => {
    const files = { 'package.json': app({}), 'index.js': '', 'pnpm-lock.yaml': PNPM('9.0') }
    expect(planned(files).command).toContain('--frozen-lockfile')
    expect(planned(files, { SKYPANEL_LOCK: 'loose' }).command).toContain('--no-frozen-lockfile')
  })

  it('is told to be the one whose hash corepack wrote', () => {
    const hex = '0a'.repeat(64)
    const { hash, manager } = planned({
      'package.json': app({ packageManager: `pnpm@10.1.0+sha512.${hex}` }),
      'index.js': '',
    })
    expect(manager).toBe('pnpm 10.1.0')
    expect(hash).toBe(`sha512-${Buffer.from(hex, 'hex').toString('base64')}`)
  })

  it('that is too old for newer Nodes gets one that it works with', () => {
    const files = { 'package.json': app({}), 'index.js': '', 'pnpm-lock.yaml': PNPM('5.4') }
    expect(planned(files).node).toMatch(/^<20 /)
    expect(planned({ ...files, '.nvmrc': '22' }).node).toBe('22 (.nvmrc)')
  })
})

describe('the Node of an app', () => {
  it.each<[string, Record<string, string>, object, string]>([
    ['.tool-versions', { '.tool-versions': 'python 3.12\nnodejs 20.11.0\n' }, {}, '20.11.0 (.tool-versions)'],
    ['mise.toml', { 'mise.toml': '[tools]\nnode = "22"\n' }, {}, '22 (mise.toml)'],
    ['a table in mise.toml', { '.mise.toml': '[tools]\nnode = { version = "20" }\n' }, {}, '20 (.mise.toml)'],
    ['volta', {}, { volta: { node: '20.1.0' } }, '20.1.0 (package.json#volta.node)'],
    [
      'devEngines',
      {},
      { devEngines: { runtime: { name: 'node', version: '>=22' } } },
      '>=22 (package.json#devEngines.runtime)',
    ],
    ['a file within engines', { '.nvmrc': 'v20.11.1' }, { engines: { node: '>=18' } }, 'v20.11.1 (.nvmrc)'],
    [
      'engines, where a file contradicts it',
      { '.nvmrc': '18' },
      { engines: { node: '>=20' } },
      '>=20 (package.json#engines.node)',
    ],
    ['a code name', { '.nvmrc': 'lts/jod' }, {}, '22.x (.nvmrc)'],
  ])('by %s', (_, files, pkg, node) => {
    expect(planned({ 'package.json': app(pkg), 'index.js': '', ...files }).node).toBe(node)
  })
})

import { describe, expect, it } from 'vitest'
import { plan, planned } from '../../test/support/planning.ts'
import { namesInputs } from './lock.ts'

const FLAKE = '{ outputs = { self }: { }; }'
const HASH = `sha256-${'A'.repeat(43)}=`
const lock = (nodes: Record<string, unknown>) =>
  JSON.stringify({ version: 7, root: 'root', nodes: { root: { inputs: {} }, ...nodes } })
const github = { locked: { type: 'github', owner: 'a', repo: 'b', rev: 'c', narHash: HASH } }
const locked = (nodes: Record<string, unknown>) => ({ 'flake.nix': FLAKE, 'flake.lock': lock(nodes) })

describe('an app with a flake.nix', () => {
  it('is built by it when nothing else is known of it', () => {
    expect(plan({ 'flake.nix': FLAKE }).detected[0]?.provider).toBe('flake')
  })

  it('is built as its language when it has one, and is told how to choose the flake', () => {
    const app = { 'flake.nix': FLAKE, 'package.json': '{"scripts":{"start":"node a.js"}}' }
    const { detected, notes } = plan(app)
    expect(detected[0]?.provider).toBe('node')
    expect(notes.map(({ message }) => message).join()).toContain('SKYPANEL_BUILDPACK=flake')
    expect(plan(app, { SKYPANEL_BUILDPACK: 'flake' }).detected[0]?.provider).toBe('flake')
    expect(plan({ ...app, 'skypanel.toml': 'builder = "flake"' }).detected[0]?.provider).toBe('flake')
  })

  it('is evaluated without network and without config vars, whatever it needs', () => {
    for (const files of [{ 'flake.nix': FLAKE }, locked({ b: github })]) {
      const step = plan(files, { SECRET: 'of the app' }).steps.find(({ name }) => name === 'flake')
      expect(step).toMatchObject({ network: false, secrets: [], caches: [] })
    }
  })

  it('fetches its inputs apart from its code: only flake.nix and flake.lock decide about them', () => {
    const { steps, flake } = plan(locked({ b: github }))
    expect(steps.map(({ name, inputs }) => [name, inputs.files])).toEqual([
      ['flake-inputs', ['flake.nix', 'flake.lock']],
      ['flake', ['.']],
    ])
    expect(flake?.inputs).toEqual(['b'])
  })

  it('may name as inputs what its lock names, and nothing of another kind', () => {
    const url = (type: string) => ({ locked: { type, url: 'https://host/b', narHash: HASH } })
    const { steps } = plan(locked({ a: github, b: url('git'), c: url('tarball'), d: url('file') }))
    for (const { env } of steps)
      expect(env['NIX_CONFIG']?.split('\n')).toContain('allowed-uris = git+https: github: https:')
  })

  it('with inputs that are folders of the repository fetches nothing', () => {
    const { steps, flake } = plan(locked({ b: { locked: { type: 'path', path: './b' }, parent: [] } }))
    expect(steps.map(({ name }) => name)).toEqual(['flake'])
    expect(flake?.inputs).toEqual([])
  })
})

describe('a flake.lock', () => {
  it.each([
    ['is no JSON', { 'flake.nix': FLAKE, 'flake.lock': '{' }, 'nix flake lock'],
    ['is a list', { 'flake.nix': FLAKE, 'flake.lock': '[]' }, 'nix flake lock'],
    ['names no version', locked({ b: { original: {} } }), 'nix flake lock'],
    ['has no hash', locked({ b: { locked: { ...github.locked, narHash: undefined } } }), 'nix flake lock'],
    ['names a folder of a machine', locked({ b: { locked: { type: 'path', path: '/b' } } }), 'relative path'],
    ['asks a registry', locked({ b: { locked: { ...github.locked, type: 'indirect' } } }), 'come from'],
    [
      'needs an account',
      locked({ b: { locked: { type: 'git', url: 'ssh://git@host/b', narHash: HASH } } }),
      'https',
    ],
    [
      'reads a file of a machine',
      locked({ b: { locked: { type: 'file', url: 'file:///etc/passwd', narHash: HASH } } }),
      'https',
    ],
  ])('that %s is refused with what to do', (_, files, hint) => {
    const result = planned(files)
    expect(result.ok).toBe(false)
    if (!result.ok) expect(result.hint).toContain(hint)
  })

  it('that is missing is asked for where flake.nix has inputs', () => {
    expect(planned({ 'flake.nix': '{ inputs.a.url = "github:a/b"; outputs = _: { }; }' })).toMatchObject({
      ok: false,
      hint: 'Run `nix flake lock`, commit flake.lock, and push again.',
    })
  })

  it.each([
    ['{ inputs = { a.url = "github:a/b"; }; }', true],
    ['{ inputs.a = { url = "github:a/b"; }; }', true],
    ['{ inputs\n  .a.url = "x"; }', true],
    ['{ inputs = { }; outputs = inputs: { }; }', false],
    ['{ outputs = { self }@inputs: inputs.self.x; }', false],
    ['{ # inputs.a.url = "x";\n outputs = _: { }; }', false],
    ['{ /* inputs = { a.url = 1; } */ outputs = _: { }; }', false],
    ['{ outputs = _: { buildInputs = { a = 1; }; }; }', false],
  ])('is needed for %s: %s', (text, needed) => {
    expect(namesInputs(text)).toBe(needed)
  })
})

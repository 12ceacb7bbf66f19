import { describe, expect, it } from 'vitest'
import type { Tool } from '../plan.ts'
import { chooseManager } from './manager-versions.ts'
import { chooseWheel } from './pypi.ts'

const offered = [
  ['6.35.1', '>=12.17'],
  ['8.15.9', '>=16.14'],
  ['9.15.9', '>=18.12'],
  ['10.34.9', '>=18.12'],
  ['11.28.10', '>=22.13'],
  ['12.0.0-rc.1', '>=22.13'],
].map(([version = '', node = '']) => ({
  version,
  node,
  integrity: `sha512-${version}`,
  tarball: `https://registry.test/${version}.tgz`,
}))

const tool = (want: string, hash: string | null = null): Tool => ({
  name: 'pnpm',
  want,
  from: 'package.json#packageManager',
  version: null,
  source: 'npm',
  hash,
  phase: ['build'],
})

function choose(
  want: string,
  node: string,
  hash: string | null = null,
  locked: string | null = null,
): string {
  const found = chooseManager(tool(want, hash), offered, { resolved: new Map([['node', node]]), locked })
  return found.ok ? `${found.version} ${found.hash}` : `${found.message}. ${found.hint}`
}

describe('the version of a package manager', () => {
  it('is the newest that fits and works with the Node', () => {
    expect(choose('*', '24.1.0')).toBe('11.28.10 sha512-11.28.10')
    expect(choose('*', '20.1.0')).toBe('10.34.9 sha512-10.34.9')
    expect(choose('9.x || 10.x', '24.1.0')).toBe('10.34.9 sha512-10.34.9')
    expect(choose('12.0.0-rc.1', '24.1.0')).toBe('12.0.0-rc.1 sha512-12.0.0-rc.1')
  })

  it('stays what the last good build used', () => {
    expect(choose('>=9', '24.1.0', null, '9.15.9')).toBe('9.15.9 sha512-9.15.9')
  })

  it('that does not work with the Node is refused with both named', () => {
    expect(choose('^10.0.0', '16.20.2')).toContain(
      'pnpm 10.34.9 does not work with Node 16.20.2: it needs >=18.12',
    )
    expect(choose('^7.0.0', '20.1.0')).toContain('pnpm ^7.0.0 is not available')
  })

  it('has to be the bytes that the app names', () => {
    expect(choose('9.15.9', '20.1.0', 'sha512-9.15.9')).toBe('9.15.9 sha512-9.15.9')
    expect(choose('9.15.9', '20.1.0', 'sha256-other')).toBe('9.15.9 sha256-other')
    expect(choose('9.15.9', '20.1.0', 'sha512-other')).toContain('the hash differs')
  })
})

describe("the version of a tool of Python's package index", () => {
  const file = (filename: string, yanked = false) => ({
    filename,
    url: `https://index.test/${filename}`,
    hashes: { sha256: '00ff' },
    yanked,
  })
  const files = [
    file('uv-0.9.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl'),
    file('uv-0.10.1-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl'),
    file('uv-0.10.1-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.whl'),
    file('uv-0.11.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', true),
    file('uv-0.12.0rc1-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl'),
    file('uv-0.12.0.tar.gz'),
  ]
  const wheel = (want: string, locked: string | null = null) => {
    const found = chooseWheel({ ...tool(want), name: 'uv', source: 'pypi' }, files, 'x86_64', locked)
    return found.ok ? `${found.version} ${found.hash}` : found.message
  }

  it('is the newest release with a wheel for this machine, by its hash', () => {
    expect(wheel('*')).toBe('0.10.1 sha256-AP8=')
    expect(wheel('<0.10')).toBe('0.9.0 sha256-AP8=')
    expect(wheel('*', '0.9.0')).toBe('0.9.0 sha256-AP8=')
    expect(wheel('==0.11.0')).toBe('uv ==0.11.0 is not available (asked for by package.json#packageManager)')
  })
})

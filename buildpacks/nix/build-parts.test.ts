import { describe, expect, test } from 'vitest'
import type { BuildProgress } from '../engine.ts'
import { composeArtifact } from './build.ts'
import { explainEnd, wantsToWriteBelow } from './failure.ts'
import { networkEnvironment } from './net-env.ts'
import { isRecentEnough } from './nix.ts'
import { nixConf } from './nix-conf.ts'
import { Gate } from './single-flight.ts'
import { commandLine, Turns } from './talk.ts'
import { toolKey, toolRecipe } from './toolchain.ts'

const limits = { memoryMb: 512, cpuMilli: 1000, pids: 100, diskMb: 100, seconds: 60 }

describe('failures', () => {
  test('name the limit that was reached and what to do', () => {
    expect(
      explainEnd({ ok: false, reason: 'memory' }, 'build', 'node', [], limits).outcome.message,
    ).toContain('more than 512 MB of memory')
    expect(explainEnd({ ok: false, reason: 'time' }, 'build', 'node', [], limits).outcome.message).toContain(
      'longer than 60 seconds',
    )
    expect(
      explainEnd({ ok: false, reason: 'disk', usedMb: 130 }, 'build', 'node', [], limits).outcome.message,
    ).toContain('130 MB')
    expect(explainEnd({ ok: false, reason: 'canceled' }, 'build', 'node', [], limits).outcome.code).toBe(
      'build_canceled',
    )
  })

  test('a full disk is told from a broken build', () => {
    const end = { ok: false, reason: 'failed', text: '' } as const
    expect(
      explainEnd(end, 'build', 'x', ['npm error ENOSPC: no space left on device'], limits).outcome.code,
    ).toBe('disk_full')
    expect(explainEnd({ ok: false, reason: 'disk', usedMb: 60 }, 'build', 'x', [], limits).outcome.code).toBe(
      'disk_full',
    )
    expect(explainEnd(end, 'build', 'x', ['boom'], limits).outcome).toMatchObject({
      code: 'build_failed',
      message: expect.stringContaining('boom'),
    })
  })

  test('a stage without any output of its own tells what Nix said', () => {
    expect(
      explainEnd({ ok: false, reason: 'failed', text: 'hash mismatch' }, 'fetch', 'x', [], limits).outcome
        .message,
    ).toContain('hash mismatch')
  })

  test.each([
    ["Error: EACCES: permission denied, open '/app/node_modules/a/index.js'", true],
    ['/bin/bash: line 3: node_modules/a/index.js: Permission denied', true],
    ['OSError: [Errno 30] Read-only file system: /app/.venv/lib/x', true],
    ['EACCES: permission denied, open /etc/passwd', false],
    ['node_modules/a is broken', false],
    ['**ERROR** Failed to apply patch for package left-pad at path', true],
  ])('"%s" asks for a writable copy of the dependencies: %s', (line, wanted) => {
    expect(wantsToWriteBelow([line])).toBe(wanted)
  })
})

test('steps that run side by side are told one after the other', () => {
  const told: BuildProgress[] = []
  const turns = new Turns(2, (event) => told.push(event))
  const line = (text: string) => ({ type: 'line', text }) as const
  turns.say(1, line('b1'))
  turns.say(0, line('a1'))
  turns.end(1)
  turns.say(0, line('a2'))
  turns.end(0)
  expect(told).toEqual([line('a1'), line('a2'), line('b1')])
})

test('who wants the store alone waits for those in it, and those who come later wait for him', async () => {
  const gate = new Gate()
  const order: string[] = []
  let leave: () => void = () => undefined
  const first = gate.share(async () => {
    await new Promise<void>((resolve) => (leave = resolve))
    order.push('first')
  })
  await Promise.resolve()
  const alone = gate.alone(async () => order.push('alone'))
  const later = gate.share(async () => order.push('later'))
  await Promise.resolve()
  leave()
  await Promise.all([first, alone, later])
  expect(order).toEqual(['first', 'alone', 'later'])
})

test('the artifact names each path once and lets tools of the build out', () => {
  const path = (name: string) => ({
    path: `/nix/store/${name}`,
    closure: [`/nix/store/${name}`, '/nix/store/shared'],
  })
  const tools = [
    { name: 'node', run: path('node'), build: path('dev'), phases: ['build' as const, 'run' as const] },
    { name: 'uv', run: path('uv'), build: null, phases: ['build' as const] },
  ]
  const release = {
    include: [],
    env: { PATH_PREPEND: '/app/bin', NODE_ENV: 'production' },
    static: null,
    processes: { web: { command: 'node a', from: 'x' } },
    healthcheck: null,
  }
  const artifact = composeArtifact('/nix/store/stack', [path('source')], tools, [], release, 5)
  expect(artifact).toMatchObject({
    layers: ['/nix/store/source'],
    tools: ['/nix/store/node'],
    closure: ['/nix/store/shared'],
    processTypes: { web: 'node a' },
    size: 5,
  })
  expect(artifact.env).toEqual({
    NODE_ENV: 'production',
    PATH: '/app/bin:/nix/store/node/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  })
})

describe('tools', () => {
  const stack = {
    name: 's',
    kind: 'build' as const,
    path: '/nix/store/stack',
    loader: '/l',
    libraries: ['/x'],
    definition: 'd',
  }
  const node = {
    name: 'node',
    want: '22.x',
    from: 'default',
    version: '22.1.0',
    source: 'npm' as const,
    hash: 'sha512-x',
    url: 'https://one.example/node.tgz',
    phase: ['run' as const],
  }

  test('the same bytes from another mirror are the same tool', () => {
    const key = (url: string) => toolKey(toolRecipe({ ...node, url }, stack) ?? raise(), 'r')
    expect(key('https://two.example/node.tgz')).toBe(key(node.url))
  })

  test('one that was not resolved, and one that nobody can provide, are refused with a reason', () => {
    expect(() => toolRecipe({ ...node, hash: null }, stack)).toThrow('not resolved')
    expect(() => toolRecipe({ ...node, name: 'dotnet', source: 'nix' }, stack)).toThrow(
      'cannot provide dotnet',
    )
    expect(() => toolRecipe({ ...node, name: 'caddy; reboot', source: 'debian' }, stack)).toThrow(
      'cannot provide',
    )
    expect(toolRecipe({ ...node, source: 'stack' }, stack)).toBeNull()
  })
})

function raise(): never {
  throw new Error('there should be a recipe')
}

test('Nix is asked for no cache, and its sandbox never falls back', () => {
  const text = nixConf('some-group')
  expect(text).toMatch(/^substituters =$/m)
  expect(text).toMatch(/^sandbox-fallback = false$/m)
  expect(text).toMatch(/^build-users-group = some-group$/m)
  expect(text).toMatch(/^keep-build-log = false$/m)
})

test.each([
  ['nix (Nix) 2.8.0', false],
  ['nix (Nix) 2.26.3', true],
  ['nix (Nix) 3.0.1', true],
  ['nonsense', false],
])('%s is recent enough: %s', (line, enough) => {
  expect(isRecentEnough(line)).toBe(enough)
})

test('registries that are not configured are left to the client', () => {
  const env = networkEnvironment({
    npm: { registry: 'https://npm.example/' },
    pip: { indexUrl: null, extraIndexUrls: [] },
    go: { proxy: null, sumdb: null },
    apt: { archive: 'http://deb.example', security: null },
    caBundle: '/x',
  })
  expect(env['NPM_CONFIG_REGISTRY']).toBe('https://npm.example/')
  expect(Object.keys(env).some((name) => name.startsWith('PIP_INDEX') || name === 'GOPROXY')).toBe(false)
})

test('a long command is cut to a line', () => {
  expect(commandLine('npm ci\nmore')).toBe('       $ npm ci')
  expect(commandLine('x'.repeat(300)).length).toBeLessThan(112)
})

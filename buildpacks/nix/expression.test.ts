import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  inOrder,
  layersBeneath,
  pickSpec,
  searchPath,
  stageKey,
  type StageInputs,
  stageSpec,
  storeName,
  toolEnvironment,
} from './expression.ts'
import type { Stack } from './stack.ts'

const stack: Stack = {
  name: 's',
  kind: 'build',
  path: '/nix/store/stack',
  loader: '/usr/lib64/ld.so',
  libraries: ['/usr/lib/x86_64-linux-gnu'],
  definition: 'd',
}
const step = (name: string, needs: string[] = []) => ({
  name,
  needs,
  inputs: { files: ['.'] },
  commands: ['make'],
  env: { PATH_PREPEND: '/app/bin', A: '1' },
  network: false,
  secrets: [],
  caches: [],
  outputs: ['.'],
})
const path = (name: string) => ({ path: `/nix/store/${name}`, closure: [`/nix/store/${name}`] })
const inputs: StageInputs = {
  app: 'app',
  step: step('build'),
  stack,
  source: path('source'),
  layers: [path('install')],
  toolchains: [{ name: 'node', run: path('node'), build: path('node-dev'), phases: ['build', 'run'] }],
  system: [],
  salt: '',
  mode: 'overlay',
}

describe('a step as a stage', () => {
  test('shows the box its tools with their headers, its layers and its source, and nothing else', () => {
    expect(stageSpec(inputs).visible).toEqual([
      '/nix/store/node',
      '/nix/store/node-dev',
      '/nix/store/install',
      '/nix/store/source',
    ])
  })

  test("puts the plan's own folders first on PATH, then the tools, then the stack", () => {
    expect(stageSpec(inputs).searchPath).toBe(
      '/app/bin:/nix/store/node/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    )
    expect(stageSpec(inputs).environment).toEqual({
      A: '1',
      SKY_TOOL_node: '/nix/store/node-dev',
      npm_config_nodedir: '/nix/store/node-dev',
    })
  })

  test('tells the headers of Node by the name that the npm at hand reads without a warning', () => {
    const node = { name: 'node', run: path('node'), build: path('node-dev'), phases: ['build' as const] }
    const npm = (version: string) => ({ name: 'npm', run: path('npm'), build: null, phases: [], version })
    expect(toolEnvironment([node, npm('11.6.2')])).toMatchObject({
      npm_package_config_node_gyp_nodedir: '/nix/store/node-dev',
    })
    expect(toolEnvironment([node, npm('10.9.9')])).toMatchObject({
      npm_config_nodedir: '/nix/store/node-dev',
    })
  })

  test('tools that only instances use are not there', () => {
    const spec = stageSpec({
      ...inputs,
      toolchains: [{ name: 'caddy', run: path('caddy'), build: null, phases: ['run'] }],
    })
    expect(spec.visible).not.toContain('/nix/store/caddy')
    expect(spec.searchPath).not.toContain('caddy')
  })

  test('without layers writes straight into its output', () => {
    expect(stageSpec({ ...inputs, layers: [] }).mode).toBe('copy')
  })

  test.each([
    ['a command', { step: { ...inputs.step, commands: ['make all'] } }],
    ['the source', { source: path('other') }],
    ['a layer', { layers: [path('other')] }],
    ['a tool', { toolchains: [] }],
    ['a layer over the stack', { system: [{ path: '/nix/store/packages', phases: ['build' as const] }] }],
    ['a config var', { salt: 'other' }],
    ['the stack', { stack: { ...stack, path: '/nix/store/other' } }],
    ['the app', { app: 'other' }],
    ['the mode', { mode: 'copy' as const }],
  ])('has another key when %s changes', (_, change) => {
    expect(stageKey(stageSpec({ ...inputs, ...change }), 'r')).not.toBe(stageKey(stageSpec(inputs), 'r'))
  })

  test('has another key when the box itself changes, and the same when nothing does', () => {
    expect(stageKey(stageSpec(inputs), 'r')).toBe(stageKey(stageSpec({ ...inputs }), 'r'))
    expect(stageKey(stageSpec(inputs), 'r')).not.toBe(stageKey(stageSpec(inputs), 'r2'))
  })

  test('picking paths needs the layer alone', () => {
    expect(pickSpec('a', 'build', stack, path('built'), ['dist'])).toMatchObject({
      mode: 'pick',
      pick: ['dist'],
      layers: ['/nix/store/built'],
      network: false,
    })
  })
})

describe('the order of steps', () => {
  test('each comes after what it needs, whatever the order in the plan', () => {
    const all = [step('c', ['b']), step('a'), step('b', ['a'])]
    expect(inOrder(all).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  test('a circle and an unknown step are named', () => {
    expect(() => inOrder([step('a', ['b']), step('b', ['a'])])).toThrow('a → b → a')
    expect(() => inOrder([step('a', ['ghost'])])).toThrow('"ghost"')
  })

  test('layers beneath are the direct ones first, each once', () => {
    const plan = { steps: [step('a'), step('b', ['a']), step('c', ['b', 'a'])] }
    expect(layersBeneath(plan, step('c', ['b', 'a']))).toEqual(['b', 'a'])
  })
})

describe('names', () => {
  test('any name makes a name that the store takes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (app, name) => {
        expect(storeName(app, name)).toMatch(/^[0-9A-Za-z+_?=-][0-9A-Za-z+._?=-]{0,79}$/)
      }),
    )
  })

  test('tools are found by a variable that a shell can hold', () => {
    expect(
      Object.keys(toolEnvironment([{ name: 'go-bin', run: path('go'), build: null, phases: ['build'] }])),
    ).toEqual(['SKY_TOOL_go_bin'])
  })

  test('an empty prefix leaves no empty entry in PATH, which would be the current folder', () => {
    expect(searchPath(undefined, []).split(':')).not.toContain('')
    expect(searchPath('', []).split(':')).not.toContain('')
  })
})

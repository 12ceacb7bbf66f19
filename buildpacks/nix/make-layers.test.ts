import { expect, test } from 'vitest'
import type { Tool } from '../plan.ts'
import { wantedLayers } from './make-layers.ts'

const tool = (name: string, layer?: Tool['layer']): Tool => ({
  name,
  want: '*',
  from: 'default',
  version: '3.3',
  source: 'debian',
  hash: null,
  phase: ['build', 'run'],
  ...(layer === undefined ? {} : { layer }),
})
const none = { build: [], run: [] }

test('a tool that is a layer of packages is one, others are not', () => {
  const tools = [tool('ruby', { suite: null, packages: ['ruby', 'bundler'] }), tool('caddy')]
  expect(wantedLayers({ tools, systemPackages: none })).toEqual([
    {
      name: 'layer-ruby-3.3',
      label: 'ruby 3.3',
      suite: null,
      packages: ['ruby', 'bundler'],
      phases: ['build', 'run'],
    },
  ])
})

test('packages that builds and instances need are one layer, else each gets its own', () => {
  const phases = (build: string[], run: string[]) =>
    wantedLayers({ tools: [], systemPackages: { build, run } }).map((one) => [one.phases, one.packages])
  expect(phases(['jq', 'file', 'file'], ['file', 'jq'])).toEqual([
    [
      ['build', 'run'],
      ['file', 'jq'],
    ],
  ])
  expect(phases(['libpq-dev'], ['libpq5'])).toEqual([
    [['build'], ['libpq-dev', 'libpq5']],
    [['run'], ['libpq5']],
  ])
})

test("the app's own packages lie above its tools", () => {
  const tools = [tool('ruby', { suite: null, packages: ['ruby'] })]
  const wanted = wantedLayers({ tools, systemPackages: { build: ['jq'], run: ['jq'] } })
  expect(wanted.map(({ label }) => label)).toEqual(['jq', 'ruby 3.3'])
})

test('what is no name of a package is refused before anything is run', () => {
  for (const name of ['-o=Dir::Etc=/', 'a b', '../x', 'Jq', 'a;b', ''])
    expect(() => wantedLayers({ tools: [], systemPackages: { build: [name], run: [] } })).toThrow(
      'no name of a Debian package',
    )
})

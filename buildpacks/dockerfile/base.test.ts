import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadProviders } from '../providers.ts'
import { baseOf } from './base.ts'

const base = (image: string, aliases = {}) => baseOf(image, 'skypanel-13', aliases).base
const tools = (image: string) =>
  Object.fromEntries(baseOf(image, 'skypanel-13', {}).tools.map(({ name, want }) => [name, want]))

describe('an image that FROM names', () => {
  it.each([
    ['scratch', { kind: 'scratch' }],
    ['skypanel/stack:13', { kind: 'stack', which: 'run' }],
    ['skypanel/stack', { kind: 'stack', which: 'run' }],
    ['skypanel/stack:13-build', { kind: 'stack', which: 'build' }],
    ['debian', { kind: 'made', suite: 'trixie' }],
    ['debian:12.11-slim', { kind: 'made', suite: 'bookworm' }],
    ['docker.io/library/debian:bullseye', { kind: 'made', suite: 'bullseye' }],
    ['node:22', { kind: 'made', suite: 'bookworm', flavor: 'node' }],
    ['node:lts-trixie-slim', { kind: 'made', suite: 'trixie', packages: [] }],
    ['python:3.11', { kind: 'made', suite: 'bookworm', flavor: 'python' }],
    ['python:3.13.2-slim-trixie', { kind: 'made', suite: 'trixie' }],
    ['golang:1.24', { kind: 'made', flavor: 'golang', tools: ['go'] }],
  ])('%s is made here', (image, expected) => {
    expect(base(image)).toMatchObject(expected)
  })

  it.each([
    'node:22-alpine',
    'node:alpine',
    'python:3.12',
    'python:3.13-bookworm',
    'debian:buster',
    'debian:13@sha256:aaaa',
    'nginx:1.27',
    'ghcr.io/team/node:22',
    'skypanel/stack:12',
    'golang:1.24-alpine',
  ])('%s is pulled: nothing stands in for it honestly', (image) => {
    expect(base(image)).toEqual({ kind: 'pull', from: image })
  })

  it('may be another by the word of the operator', () => {
    expect(base('node:22-alpine', { 'node:22-alpine': 'node:22-slim' })).toMatchObject({ flavor: 'node' })
    expect(base('company/base', { 'company/base': 'registry.internal/base:3' })).toEqual({
      kind: 'pull',
      from: 'registry.internal/base:3',
    })
  })

  it('says which version it wants', () => {
    expect(tools('node:22.11.0-slim')).toEqual({ node: '22.11.0', npm: '*', yarn: '1' })
    expect(tools('node:lts')).toMatchObject({ node: 'lts' })
    expect(tools('golang:1.24')).toEqual({ go: '~1.24.0' })
  })

  it('has the name of the stack that there is', async () => {
    const stack = JSON.parse(readFileSync(new URL('../nix/stack.json', import.meta.url), 'utf8')) as {
      name: string
    }
    const provider = (await loadProviders()).find(({ manifest }) => manifest.name === 'dockerfile')
    expect(provider?.manifest.defaults['stack']).toBe(stack.name)
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { consulConfig } from '../command/consul-config.ts'
import { findConsul } from './find.ts'
import { aptGo, goSuffices } from './find-go.ts'
import { parsePin, readPin } from './pin.ts'
import { tooLittle } from './room.ts'
import { atLeast } from './versions.ts'

describe('which Go compiles Consul', () => {
  test('one as new as the module wants, or one that fetches that by itself', () => {
    expect([
      goSuffices('go1.26.8', '1.24'),
      goSuffices('go1.22.1', '1.24'),
      goSuffices('1.19', '1.24'),
    ]).toEqual([true, true, false])
  })

  test('the first package of the machine that suffices', () => {
    const old = 'golang-go:\n  Installed: (none)\n  Candidate: 2:1.19~1\n'
    expect(aptGo(old, ['golang-go', 'golang-1.24-go'], '1.24')).toBe(null)
    const both = `${old}golang-1.24-go:\n  Installed: (none)\n  Candidate: 1.24.4-1\n`
    expect(aptGo(both, ['golang-go', 'golang-1.24-go'], '1.24')).toBe('golang-1.24-go')
    expect(aptGo('golang-go:\n  Candidate: (none)\n', ['golang-go'], '1.24')).toBe(null)
  })
})

test('the pinned version is read from our go.mod, which names Consul as its tool', () => {
  expect(
    parsePin('module a\n\ngo 1.24\n\nrequire (\n\tgithub.com/hashicorp/consul v1.20.1 // indirect\n)\n'),
  ).toEqual({
    consul: '1.20.1',
    go: '1.24',
  })
  expect(readPin().consul).toMatch(/^\d+\.\d+\.\d+$/)
  expect(readFileSync(new URL('./go.mod', import.meta.url), 'utf8')).toContain(
    'tool github.com/hashicorp/consul\n',
  )
})

test('too little disk or memory is told beforehand, with what to do', () => {
  expect(tooLittle({ diskMb: 100, memoryMb: 9000 }, '/home')).toMatch(/4096 MB of disk.*SKYPANEL_CONSUL/)
  expect(tooLittle({ diskMb: 9000, memoryMb: 500 }, '/home')).toMatch(/2560 MB of memory/)
  expect(tooLittle({ diskMb: 9000, memoryMb: 9000 }, '/home')).toBe(null)
})

test('versions are compared by number', () => {
  expect([
    atLeast('1.20.1', '1.14'),
    atLeast('v1.9.9', '1.14'),
    atLeast('1.14.0', '1.14'),
    atLeast('x', '1'),
  ]).toEqual([true, false, true, false])
})

test('a Consul that was named and is none is an error, not a reason to compile one', async () => {
  await expect(findConsul({ explicit: '/bin/true', path: '', caches: [] })).rejects.toThrow(
    /SKYPANEL_CONSUL=\/bin\/true/,
  )
})

test('Consul listens on loopback alone, and two installations share nothing', () => {
  const ports = {
    panel: 1,
    http: 2,
    https: 3,
    dns: 4,
    directory: 5,
    edge: 6,
    consulHttp: 7,
    consulRpc: 8,
    consulSerf: 9,
  }
  const config = consulConfig({ id: 'ab12', ports }, '/data')
  expect([config.bind_addr, config.client_addr, config.node_name]).toEqual([
    '127.0.0.1',
    '127.0.0.1',
    'skypanel-ab12',
  ])
  expect(config.ports).toMatchObject({ http: 7, server: 8, serf_lan: 9, dns: -1, https: -1 })
})

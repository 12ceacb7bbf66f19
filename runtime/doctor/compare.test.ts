import { describe, expect, test } from 'vitest'
import { HostTable } from '../../server/contract/directory.ts'
import { compareHosts, compareRoots, compareVolumes } from './compare.ts'

const SHOP = '01a1fe13-525b-717a-b434-09bade497630'
const BLOG = '01a1fe0f-dab3-7da7-8974-9f22fe13bbac'
const table = (hosts: Record<string, { app: string; maintenance?: boolean }>) =>
  HostTable.shape.hosts.parse(
    Object.fromEntries(
      Object.entries(hosts).map(([host, { app, maintenance }]) => [
        host,
        { app, name: 'x', maintenance: maintenance ?? false, expects: true },
      ]),
    ),
  )

describe('hosts', () => {
  test('what is served as it is recorded is no finding', () => {
    expect(
      compareHosts(table({ 'shop.test': { app: SHOP } }), table({ 'shop.test': { app: SHOP } })),
    ).toEqual([])
  })

  test('a host that is missing, left over, or leads to another app is named', () => {
    const served = table({ 'old.test': { app: SHOP }, 'blog.test': { app: SHOP } })
    const recorded = table({ 'new.test': { app: SHOP }, 'blog.test': { app: BLOG } })
    expect(compareHosts(served, recorded)).toEqual([
      'new.test is not served',
      'old.test is served and belongs to no app',
      'blog.test is served as another app, or in another mode',
    ])
  })

  test('an app in maintenance that is served all the same is named', () => {
    const recorded = table({ 'shop.test': { app: SHOP, maintenance: true } })
    expect(compareHosts(table({ 'shop.test': { app: SHOP } }), recorded)).toHaveLength(1)
  })
})

describe('store roots', () => {
  test('a kept build without a root is missing; a root that nobody knows is left over', () => {
    expect(compareRoots(['a', 'x'], { kept: ['a', 'b'], working: [] })).toEqual({
      missing: ['b'],
      extra: ['x'],
    })
  })

  test('a build at work may or may not have a root', () => {
    expect(compareRoots(['w'], { kept: [], working: ['w', 'v'] })).toEqual({ missing: [], extra: [] })
  })
})

test('a volume that is gone and one that nobody knows are told apart', () => {
  const there = [
    { app: SHOP, volume: 'one' },
    { app: BLOG, volume: 'stray' },
  ]
  expect(compareVolumes(there, ['one', 'lost'])).toEqual({ missing: ['lost'], extra: [`${BLOG}/stray`] })
})

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { AppCaches, branchFolder, cachesToDrop } from './app-caches.ts'

let root: string
let caches: AppCaches
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'skypanel-caches-'))
  caches = new AppCaches(root)
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
})

const npm = { name: 'npm', scope: 'app' } as const
const next = { name: 'next', scope: 'app+branch' } as const
const fill = (folder: string, mb: number) =>
  writeFileSync(join(folder, 'data'), Buffer.alloc(mb * 2 ** 20, 1))

describe('the caches of an app', () => {
  test('are shared by its branches where they hold packages, and each branch has its own of what it builds', async () => {
    const main = await caches.open('one', [npm, next], 'main')
    const other = await caches.open('one', [npm, next], 'feature/x')
    expect(other.shared).toBe(main.shared)
    expect(main.over.map(({ name }) => name)).toEqual(['next'])
    expect(main.over[0]?.folder).not.toBe(other.over[0]?.folder)
    expect(statSync(main.over[0]?.folder ?? '').mode & 0o777).toBe(0o777)
  })

  test('are never those of another app', async () => {
    const one = await caches.open('one', [npm, next], 'main')
    const two = await caches.open('two', [npm, next], 'main')
    expect([one.shared, one.over[0]?.folder]).not.toContain(two.shared)
    expect(one.over[0]?.folder).not.toBe(two.over[0]?.folder)
    expect(statSync(join(root, 'apps')).mode & 0o777).toBe(0o700)
    expect(statSync(join(root, 'branches')).mode & 0o777).toBe(0o700)
  })

  test('are told with their sizes, and are gone after a purge', async () => {
    const { shared, over } = await caches.open('one', [npm, next], 'main')
    // Half of one more than counted: what a folder itself takes differs from file system to file system.
    fill(join(shared, 'npm'), 2.5)
    fill(over[0]?.folder ?? '', 1.5)
    expect((await caches.sizes('one')).map(({ name, branch, mb }) => [name, branch, mb])).toEqual(
      expect.arrayContaining([
        ['npm', null, 3],
        ['next', 'main', 2],
      ]),
    )
    expect(await caches.purge('one')).toBeGreaterThanOrEqual(5)
    expect(await caches.sizes('one')).toEqual([])
    expect(await caches.apps()).toEqual([])
    expect(await caches.purge('one')).toBe(0)
  })

  test('above the limit lose what was not used for longest, and nothing else', async () => {
    const old = await caches.open('one', [next], 'old')
    fill(old.over[0]?.folder ?? '', 6)
    const main = await caches.open('one', [npm, next], 'main')
    fill(main.over[0]?.folder ?? '', 3)
    fill(join(main.shared, 'npm'), 1)
    await caches.open('one', [npm, next], 'main')
    await caches.trim('one', 8)
    expect(existsSync(join(old.over[0]?.folder ?? '', 'data'))).toBe(false)
    expect(existsSync(join(main.over[0]?.folder ?? '', 'data'))).toBe(true)
    expect(existsSync(join(main.shared, 'npm', 'data'))).toBe(true)
  })
})

test('branches whose names look alike on disk keep apart', () => {
  expect(branchFolder('a/b')).not.toBe(branchFolder('a-b'))
  expect(branchFolder('../../etc')).not.toContain('/')
})

test('nothing is dropped of caches that fit', () => {
  const caches = [
    { mb: 10, usedAt: 1 },
    { mb: 10, usedAt: 2 },
  ]
  expect(cachesToDrop(caches, 20)).toEqual([])
  expect(cachesToDrop(caches, 19)).toEqual([caches[0]])
  expect(cachesToDrop(caches, 5)).toEqual(caches)
})

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyEntries, firstDifference, readTree, selectEntries, treeHash } from './source.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skypanel-tree-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
function tree(files: Readonly<Record<string, string>>): string {
  made += 1
  const root = join(folder, String(made))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const hashOf = (root: string) => treeHash(readTree(root))

test('equal folders have equal hashes, wherever they lie', () => {
  expect(hashOf(tree({ a: '1', 'b/c': '2' }))).toBe(hashOf(tree({ 'b/c': '2', a: '1' })))
})

test('content, names, the executable bit and the target of a link count', () => {
  const base = { a: '1', b: '2' }
  const executable = tree(base)
  chmodSync(join(executable, 'a'), 0o755)
  const linked = tree({ b: '2' })
  symlinkSync('b', join(linked, 'a'))
  const elsewhere = tree({ b: '2' })
  symlinkSync('/b', join(elsewhere, 'a'))
  const all = [
    tree(base),
    tree({ a: '1', b: '3' }),
    tree({ a: '1', c: '2' }),
    executable,
    linked,
    elsewhere,
  ].map(hashOf)
  expect(new Set(all).size).toBe(all.length)
})

test('a link out of the folder is noted, never followed', () => {
  const root = tree({ a: '1' })
  symlinkSync('/etc', join(root, 'outside'))
  expect(readTree(root).map(({ path, kind }) => [path, kind])).toEqual([
    ['a', 'file'],
    ['outside', 'link'],
  ])
})

test('inputs are picked by file, folder and pattern, and copied as they are', () => {
  const root = tree({
    'package.json': '{}',
    'package-lock.json': '{}',
    'src/a.js': 'a',
    'packages/x/package.json': '{}',
  })
  const names = (patterns: string[]) => selectEntries(readTree(root), patterns).map(({ path }) => path)
  expect(names(['package.json', 'missing'])).toEqual(['package.json'])
  expect(names(['package*.json'])).toEqual(['package-lock.json', 'package.json'])
  expect(names(['src'])).toEqual(['src/a.js'])
  expect(names(['packages/*/package.json'])).toEqual(['packages/x/package.json'])
  expect(names(['.'])).toHaveLength(4)
  copyEntries(root, join(folder, 'copy'), readTree(root))
  expect(hashOf(join(folder, 'copy'))).toBe(hashOf(root))
})

test('two files that differ are told by the place where they begin to', () => {
  const root = tree({ a: 'the same, then one\n', b: 'the same, then two\n', c: 'the same' })
  const at = (name: string) => join(root, name)
  expect(firstDifference(at('a'), at('b'))).toBe('byte 15: the same, then one· | the same, then two·')
  expect(firstDifference(at('a'), at('c'))).toBe('byte 8: the same, then one· | the same')
  expect(firstDifference(at('a'), at('missing'))).toBeNull()
})

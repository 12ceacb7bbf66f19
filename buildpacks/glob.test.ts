import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesGlob } from './glob.ts'

describe('a glob', () => {
  it.each([
    ['package.json', 'package.json', true],
    ['a/package.json', 'package.json', false],
    ['packages/a/package.json', 'packages/*/package.json', true],
    ['packages/a/b/package.json', 'packages/*/package.json', false],
    ['packages/a/b/package.json', 'packages/**/package.json', true],
    ['packages/package.json', 'packages/**/package.json', true],
    ['x/y.py', '**', true],
    ['.git/config', '*/config', false],
    ['.env', '*', false],
    ['.env', '.*', true],
    ['next.config.mjs', 'next.config.{js,mjs,ts}', true],
    ['next.config.cjs', 'next.config.{js,mjs,ts}', false],
    ['main.go', 'ma?n.go', true],
    ['a[1].js', 'a[1].js', true],
    ['open{brace', 'open{brace', true],
  ])('%s fits %s: %s', (path, glob, expected) => {
    expect(matchesGlob(path, glob)).toBe(expected)
  })

  it('of many stars answers at once: patterns come from users', () => {
    expect(matchesGlob('a'.repeat(5000), `${'*a'.repeat(500)}b`)).toBe(false)
    expect(matchesGlob(Array(500).fill('a').join('/'), `${'**/a/'.repeat(100)}b`)).toBe(false)
  })

  it('without wildcards fits itself only', () => {
    const plain = fc.stringMatching(/^[a-z.]{1,8}(\/[a-z.]{1,8}){0,3}$/)
    fc.assert(fc.property(plain, plain, (path, other) => matchesGlob(path, other) === (path === other)))
  })
})

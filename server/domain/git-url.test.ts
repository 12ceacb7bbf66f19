import { describe, expect, it } from 'vitest'
import { isRefName, parseGitUrl } from './git-url.ts'

const parse = (text: string, allowed: readonly string[] = []) => parseGitUrl(text, allowed)

describe('the address of a source', () => {
  it('is kept without what opens it', () => {
    expect(parse('https://Git.Example.com/me/app.git')).toEqual({
      ok: true,
      url: 'https://git.example.com/me/app.git',
      credentials: null,
    })
    expect(parse('https://me:s%40cret@git.example.com:8443/me/app')).toEqual({
      ok: true,
      url: 'https://git.example.com:8443/me/app',
      credentials: 'me:s@cret',
    })
    expect(parse('https://token@git.example.com/a')).toMatchObject({ credentials: 'token:' })
  })

  it.each([
    'file:///etc/passwd',
    'ext::sh -c id',
    'ssh://git@example.com/a.git',
    'git@example.com:a.git',
    'git://example.com/a.git',
    'https://example.com',
    'https://example.com/a b',
    'https://example.com/a\nb',
    'https://example.com/../a',
    'https://example.com/a?x=1',
    'https://user@evil@example.com/a',
    'https://exa_mple.com/a',
    '--upload-pack=id',
    '/srv/git/a.git',
    'http://example.com/a.git',
    '',
  ])('%j is refused', (url) => {
    expect(parse(url).ok).toBe(false)
  })

  it('may be plain http where the operator said so', () => {
    expect(parse('http://127.0.0.1:3000/a.git', ['127.0.0.1:3000']).ok).toBe(true)
    expect(parse('http://127.0.0.1:3001/a.git', ['127.0.0.1:3000']).ok).toBe(false)
    expect(parse('http://git.internal/a.git', ['git.internal']).ok).toBe(true)
  })
})

describe('a ref', () => {
  it.each(['HEAD', 'main', 'v1.2.3', 'feature/x', 'refs/tags/v1', 'a'.repeat(40)])('%s is one', (ref) => {
    expect(isRefName(ref)).toBe(true)
  })
  it.each([
    '-x',
    '--upload-pack=id',
    'a..b',
    'a b',
    'a:b',
    'a~1',
    'a^',
    'a//b',
    'a.lock',
    '/a',
    'a/',
    '@{1}x',
    '*',
    'a\nb',
  ])('%j is none', (ref) => {
    expect(isRefName(ref)).toBe(false)
  })
})

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { openFolder } from './file-view.ts'

describe('the view of a source folder', () => {
  it('reads, finds and lists what is there', () => {
    const view = openFolder(sourceFolder({ 'package.json': '\uFEFF{}', 'src/a.ts': 'a', 'src/b.ts': 'b' }))
    expect(view.read('package.json')).toEqual({ ok: true, text: '{}' })
    expect(view.exists('src')).toBe(true)
    expect(view.exists('src/*.ts')).toBe(true)
    expect(view.exists('src/*.js')).toBe(false)
    expect(view.find('src/*.ts')).toBe('src/a.ts')
    expect(view.list()).toEqual(['package.json', 'src/a.ts', 'src/b.ts'])
    expect(view.read('nothing')).toEqual({ ok: false, reason: 'missing' })
    expect(view.read('src')).toEqual({ ok: false, reason: 'not-a-file' })
    expect(view.read('package.json/x')).toEqual({ ok: false, reason: 'missing' })
  })

  it('never leaves its root, whether by dots, absolute paths or links', () => {
    const outside = sourceFolder({ secret: 'secret', 'deep/secret': 'secret' })
    const root = sourceFolder({ 'inner/file': 'inside' })
    symlinkSync(join(outside, 'secret'), join(root, 'absolute'))
    symlinkSync(`../${outside.split('/').at(-1)}/secret`, join(root, 'relative'))
    symlinkSync(outside, join(root, 'folder'))
    symlinkSync('../../../../../../etc', join(root, 'inner/up'))
    symlinkSync('../inner/file', join(root, 'inner/fine'))
    symlinkSync('loop-b', join(root, 'loop-a'))
    symlinkSync('loop-a', join(root, 'loop-b'))
    const view = openFolder(root)
    for (const path of [
      'absolute',
      'relative',
      'folder/secret',
      'inner/up/passwd',
      '../etc/passwd',
      '/etc/passwd',
      'inner/../../x',
      'a\0b',
    ]) {
      expect(view.read(path), path).toEqual({ ok: false, reason: 'outside' })
      expect(view.exists(path), path).toBe(false)
    }
    expect(view.read('inner/fine')).toEqual({ ok: true, text: 'inside' })
    expect(view.read('loop-a')).toEqual({ ok: false, reason: 'missing' })
    expect(view.list().some((path) => path.includes('secret'))).toBe(false)
  })

  it('tells binary and oversized files, and does not wait for a pipe', () => {
    const root = sourceFolder({
      nul: Uint8Array.of(65, 0, 66),
      utf16: Uint8Array.of(0xff, 0xfe, 65, 0),
      invalid: Uint8Array.of(0xc3, 0x28),
      big: 'x'.repeat(2 << 20),
    })
    execFileSync('mkfifo', [join(root, 'pipe')])
    const view = openFolder(root)
    for (const path of ['nul', 'utf16', 'invalid'])
      expect(view.read(path), path).toEqual({ ok: false, reason: 'binary' })
    expect(view.read('big')).toEqual({ ok: false, reason: 'too-large' })
    expect(view.read('pipe')).toEqual({ ok: false, reason: 'not-a-file' })
  })

  it('does not look into node_modules, .git and deeper than an app goes', () => {
    const root = sourceFolder({ 'node_modules/x/package.json': '{}', '.git/config': '', 'index.js': '' })
    const deep = join(root, ...Array<string>(20).fill('d'))
    mkdirSync(deep, { recursive: true })
    writeFileSync(join(deep, 'file'), '')
    expect(openFolder(root).list()).toEqual(['index.js'])
  })
})

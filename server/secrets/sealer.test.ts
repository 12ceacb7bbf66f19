import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseKeys, readKeys } from './key-file.ts'
import { createSealer } from './sealer.ts'

const old = { id: 0, key: Buffer.alloc(32, 1) }
const fresh = { id: 1, key: Buffer.alloc(32, 2) }
const sealer = createSealer([old])

describe('a sealed value', () => {
  it('opens again, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(sealer.open(sealer.seal(text, ['app', 'A']), ['app', 'A'])).toBe(text)
      }),
    )
  })

  it('does not open for another app or name, nor for a context that only reads the same', () => {
    const sealed = sealer.seal('secret', ['app', 'NAME'])
    for (const context of [
      ['other', 'NAME'],
      ['app', 'OTHER'],
      ['appN', 'AME'],
      ['app'],
      ['app', 'NAME', ''],
    ]) {
      expect(() => sealer.open(sealed, context)).toThrow()
    }
  })

  it('does not open when any of its bytes was changed', () => {
    const sealed = sealer.seal('secret', ['a'])
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => sealer.open(changed, ['a'])).toThrow()
    }
    expect(() => sealer.open(sealed.subarray(0, 20), ['a'])).toThrow()
    expect(() => sealer.open(Buffer.alloc(0), ['a'])).toThrow()
  })

  it('opens after a rotation and is sealed with the new key from then on', () => {
    const rotated = createSealer([fresh, old])
    expect(rotated.open(sealer.seal('x', ['a']), ['a'])).toBe('x')
    expect(() => sealer.open(rotated.seal('x', ['a']), ['a'])).toThrow(/key/)
  })

  it('differs each time', () => {
    expect(sealer.seal('x', ['a'])).not.toEqual(sealer.seal('x', ['a']))
  })
})

describe('the key file', () => {
  it('holds one key, or several with their numbers', () => {
    expect(parseKeys(Buffer.alloc(32, 7))).toEqual([{ id: 0, key: Buffer.alloc(32, 7) }])
    expect(parseKeys(Buffer.from(`${'ab'.repeat(32)}\n`))).toEqual([{ id: 0, key: Buffer.alloc(32, 0xab) }])
    expect(
      parseKeys(Buffer.from(`1 ${'cd'.repeat(32)}\n0 ${'ab'.repeat(32)}\n`)).map(({ id }) => id),
    ).toEqual([1, 0])
  })

  it.each(['', 'x', `256 ${'ab'.repeat(32)}`, `1 ${'ab'.repeat(32)}\n1 ${'cd'.repeat(32)}`, 'ab'.repeat(33)])(
    'with %j is refused',
    (text) => {
      expect(() => parseKeys(Buffer.from(text))).toThrow()
    },
  )

  it('that others can read is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skypanel-key-'))
    const file = join(folder, 'master.key')
    await writeFile(file, Buffer.alloc(32, 1))
    await chmod(file, 0o440)
    await expect(readKeys(file)).rejects.toThrow(/chmod 400/)
    await chmod(file, 0o400)
    expect(await readKeys(file)).toHaveLength(1)
    await rm(folder, { recursive: true })
  })
})

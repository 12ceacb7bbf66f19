import { describe, expect, it } from 'vitest'
import { judgeEntry, onlyFolder, type ArchiveEntry } from './archive-entry.ts'

const entry = (path: string, rest: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  path,
  kind: 'file',
  target: '',
  ...rest,
})

describe('an entry of an uploaded archive', () => {
  it.each([
    ['src/app.js', 'src/app.js'],
    ['./src//app.js', 'src/app.js'],
    ['Grüße/ä b.txt', 'Grüße/ä b.txt'],
    ['..hidden/..file', '..hidden/..file'],
  ])('%j is taken as %j', (path, taken) => {
    expect(judgeEntry(entry(path))).toEqual({ kind: 'take', path: taken })
  })

  it.each(['./', '.', '.git/config', 'sub/.git/HEAD', '.GIT/hooks/post-checkout'])(
    '%j is left out',
    (path) => {
      expect(judgeEntry(entry(path))).toEqual({ kind: 'skip' })
    },
  )

  it.each([
    ['/etc/passwd', /root of the file system/],
    ['../outside', /leads out/],
    ['a/../../b', /leads out/],
    ['a\nb', /character/],
    ['a\0b', /character/],
    [`${'d/'.repeat(600)}f`, /longer/],
    ['x'.repeat(300), /longer/],
  ])('%j is refused', (path, why) => {
    const verdict = judgeEntry(entry(path))
    expect(verdict.kind === 'refuse' ? verdict.why : verdict.kind).toMatch(why)
  })

  it.each(['device', 'other'] as const)('that is a %s is refused', (kind) => {
    expect(judgeEntry(entry('x', { kind })).kind).toBe('refuse')
  })

  it.each([
    ['current', 'releases/1'],
    ['a/b/link', '../../c'],
    ['a/link', './b/../c'],
  ])('%s may be a link to %s', (path, target) => {
    expect(judgeEntry(entry(path, { kind: 'link', target })).kind).toBe('take')
  })

  it.each([
    ['link', '/etc/passwd'],
    ['link', '..'],
    ['a/link', '../../etc'],
    ['a/link', '../../app/a'],
    ['link', ''],
  ])('%s may be no link to %s', (path, target) => {
    expect(judgeEntry(entry(path, { kind: 'link', target })).kind).toBe('refuse')
  })
})

describe('the one folder of an archive', () => {
  it('is taken for the app, as archives of a repository have it', () => {
    expect(onlyFolder(['shop-1.0/app.js', 'shop-1.0/lib/x.js'], false)).toBe('shop-1.0')
  })
  it('is a part of the app when files lie beside it, or the archive names its root', () => {
    expect(onlyFolder(['src/app.js', 'README'], false)).toBeNull()
    expect(onlyFolder(['src/app.js', 'lib/x.js'], false)).toBeNull()
    expect(onlyFolder(['src/app.js'], true)).toBeNull()
  })
})

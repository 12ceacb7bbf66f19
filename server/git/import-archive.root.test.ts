import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, symlink, writeFile, mkdir, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from '../../cli/commands/builds/list-files.ts'
import { tarOf } from '../../cli/commands/builds/tar.ts'
import { tar } from '../../test/support/tar.ts'
import { importArchive, type ImportLimits } from './import-archive.ts'
import { readRef } from './repo.ts'
import { ensureSources } from './sources-repo.ts'

let root: string
let repo: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'skypanel-import-'))
  repo = await ensureSources(root, 'app')
})
afterAll(() => rm(root, { recursive: true, force: true }))

let count = 0
const LIMITS: ImportLimits = { archive: 5_000_000, unpacked: 10_000_000, files: 100 }

async function upload(bytes: Buffer | Readable, limits: Partial<ImportLimits> = {}) {
  count += 1
  const ref = `refs/skypanel/uploads/${count}`
  const body = bytes instanceof Readable ? bytes : Readable.from([bytes], { objectMode: false })
  const facts = { repo, id: String(count), author: 'Ada <ada@example.org>', message: '', now: 1_700_000_000 }
  try {
    return {
      ok: true,
      ...(await importArchive(body, facts, { ...LIMITS, ...limits }, new AbortController().signal)),
    }
  } catch (error) {
    // What is refused leaves neither a ref nor half a pack.
    expect(await readRef(repo, ref)).toBeNull()
    expect((await readdir(join(repo, 'objects'))).filter((name) => name.startsWith('incoming'))).toEqual([])
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

const git = (...args: string[]) => execFileSync('git', ['-C', repo, ...args], { encoding: 'utf8' })
const tree = (commit: string) =>
  git('ls-tree', '-r', '--format=%(objectmode) %(path)', commit).trim().split('\n')

describe('an upload', () => {
  it('becomes a commit with exactly its files', async () => {
    const long = `${'very/'.repeat(30)}long.txt`
    const archive = tar([
      { path: './', type: '5' },
      { path: './package.json', content: '{}' },
      { path: './bin/run', content: '#!/bin/sh\n', executable: true },
      { path: './bin/link', type: '2', target: 'run' },
      { path: './bin/same', type: '1', target: './bin/run' },
      { path: `./${long}`, content: 'x' },
      { path: './Grüße.txt', content: 'ü' },
      { path: './.git/config', content: 'evil' },
      { path: './empty', content: '' },
    ])
    const done = await upload(gzipSync(archive))
    expect(done).toMatchObject({ ok: true, files: 7 })
    if (!('commit' in done)) throw new Error('no commit')
    expect(
      git('-c', 'core.quotePath=false', 'ls-tree', '-r', '--format=%(objectmode) %(path)', done.commit)
        .trim()
        .split('\n')
        .sort(),
    ).toEqual([
      '100644 Grüße.txt',
      '100644 empty',
      '100644 package.json',
      `100644 ${long}`,
      '100755 bin/run',
      '100755 bin/same',
      '120000 bin/link',
    ])
    expect(git('cat-file', 'blob', `${done.commit}:bin/same`)).toBe('#!/bin/sh\n')
    expect(git('fsck', '--strict', '--no-dangling')).toBe('')
  })

  it('may be plain tar, and lie in one folder as archives of a repository do', async () => {
    const done = await upload(
      tar([
        { path: 'shop-1.0/index.html', content: 'hi' },
        { path: 'shop-1.0/a/b', content: '' },
      ]),
    )
    if (!('commit' in done)) throw new Error(String(done.message))
    expect(tree(done.commit)).toEqual(['100644 a/b', '100644 index.html'])
  })

  it('that tar and git themselves made is read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skypanel-tar-'))
    await writeFile(join(folder, `${'n'.repeat(150)}.txt`), 'long')
    await writeFile(join(folder, 'ünï.txt'), 'x')
    for (const format of ['gnu', 'pax', 'ustar', 'v7'].slice(0, 2)) {
      const made = execFileSync('tar', ['-c', '-z', `--format=${format}`, '-C', folder, '.'], {
        maxBuffer: 1 << 26,
      })
      expect(await upload(made)).toMatchObject({ ok: true, files: 2 })
    }
    execFileSync('git', ['-C', folder, 'init', '-q'])
    execFileSync('git', ['-C', folder, 'add', '.'])
    execFileSync('git', ['-C', folder, '-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'x'])
    const archived = execFileSync('git', [
      '-C',
      folder,
      'archive',
      '--format=tar.gz',
      '--prefix=top/',
      'HEAD',
    ])
    expect(await upload(archived)).toMatchObject({ ok: true, files: 2 })
    await rm(folder, { recursive: true })
  })

  it('of our own command line takes what git would, and leaves what .slugignore names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skypanel-pack-'))
    await mkdir(join(folder, 'sub'))
    await mkdir(join(folder, 'node_modules'))
    await writeFile(join(folder, '.gitignore'), 'node_modules\n*.log\n')
    await writeFile(join(folder, 'sub', '.gitignore'), '!keep.log\n')
    await writeFile(join(folder, '.slugignore'), 'docs.md\n')
    for (const name of ['app.js', 'a.log', 'sub/keep.log', 'node_modules/x.js', 'docs.md', 'ü'.repeat(60)])
      await writeFile(join(folder, name), name)
    await chmod(join(folder, 'app.js'), 0o755)
    await symlink('app.js', join(folder, 'link'))
    const expected = [
      '.gitignore',
      '.slugignore',
      'app.js',
      'link',
      'sub/.gitignore',
      'sub/keep.log',
      'ü'.repeat(60),
    ]
    expect(await filesOf(folder)).toEqual(expected)
    execFileSync('git', ['-C', folder, 'init', '-q'])
    expect(await filesOf(folder)).toEqual(expected)
    const done = await upload(Readable.from(tarOf(folder, expected), { objectMode: false }))
    if (!('commit' in done)) throw new Error(String(done.message))
    expect(done.files).toBe(7)
    expect(tree(done.commit)).toContain('100755 app.js')
    expect(tree(done.commit)).toContain('120000 link')
    await rm(folder, { recursive: true })
  })

  it.each([
    ['leads out of its folder', [{ path: '../evil' }], /leads out/],
    ['names a place of the machine', [{ path: '/etc/cron.d/x' }], /root of the file system/],
    ['holds a link out of it', [{ path: 'a', type: '2', target: '/etc/passwd' }], /outside of the archive/],
    ['holds a device', [{ path: 'sda', type: '4' }], /device/],
    ['holds a pipe', [{ path: 'fifo', type: '6' }], /device or a pipe/],
    ['links hard to what it lacks', [{ path: 'a', type: '1', target: 'etc/shadow' }], /hard link/],
    [
      'writes through a link of its own',
      [
        { path: 'd', type: '2', target: 'e' },
        { path: 'd/x', content: 'x' },
      ],
      /file and a folder/,
    ],
    [
      'has a link where it had a folder',
      [
        { path: 'd/x', content: 'x' },
        { path: 'd', type: '2', target: 'e' },
      ],
      /file and a folder/,
    ],
    ['holds nothing', [{ path: './', type: '5' }], /no files/],
  ])('that %s is refused', async (_, entries, why) => {
    const done = await upload(gzipSync(tar(entries)))
    expect('message' in done ? done.message : 'it was taken').toMatch(why)
  })

  it.each([
    ['no archive at all', randomBytes(2000), /cannot be read/],
    ['a zip file', Buffer.from('PK\x03\x04'.padEnd(600, 'x')), /a zip archive/],
    ['empty', Buffer.alloc(0), /empty/],
    [
      'cut off',
      gzipSync(tar([{ path: 'a', content: randomBytes(9000) }])).subarray(0, 5000),
      /damaged|ends in the middle/,
    ],
    [
      'cut off in front of its end',
      tar([{ path: 'a', content: 'x' }]).subarray(0, 1024),
      /its end is missing/,
    ],
    [
      'damaged',
      gzipSync(tar([{ path: 'a', content: 'x'.repeat(5000) }])).fill(7, 20, 40),
      /damaged|cannot be read/,
    ],
  ])('that is %s is refused in words', async (_, bytes, why) => {
    const done = await upload(bytes)
    expect('message' in done ? done.message : 'it was taken').toMatch(why)
  })

  it('is held within its limits: as sent, unpacked, and in its count of files', async () => {
    const many = tar(Array.from({ length: 120 }, (_, at) => ({ path: `f${at}`, content: '' })))
    expect(await upload(gzipSync(many))).toMatchObject({ message: 'The archive holds more than 100 files.' })
    const bomb = gzipSync(tar([{ path: 'zeros', content: Buffer.alloc(11_000_000) }]))
    expect(await upload(bomb)).toMatchObject({ message: 'The archive unpacks to more than 10 MB.' })
    const folders = tar(Array.from({ length: 300 }, (_, at) => ({ path: `d${at}/`, type: '5' })))
    expect(await upload(gzipSync(folders))).toMatchObject({ message: /more than 100 files/ })
    const noise = tar([{ path: 'noise', content: randomBytes(200_000) }])
    expect(await upload(gzipSync(noise), { archive: 100_000 })).toMatchObject({ message: /larger than 0 MB/ })
    const tail = Buffer.concat([tar([{ path: 'a', content: 'x' }]), Buffer.alloc(30_000_000)])
    expect((await upload(gzipSync(tail))).ok).toBe(true)
  })
})

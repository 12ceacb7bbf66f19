import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../../../test/support/folder.ts'
import { explainFailure } from '../../explain.ts'
import { parseFlakeCaches } from './flake-caches.ts'
import { dryRunLine, readFound, webProgramOf } from './found.ts'

const HASH = '0123456789abcdfghijklmnpqrsvwxyz'
const good = { derivation: `/nix/store/${HASH}-x.drv`, output: 'out', name: 'x', program: null }

describe('what evaluating a flake found', () => {
  const written = (text: string) => {
    return readFound(sourceFolder({ 'found.json': text }))
  }

  it('is read when it names a derivation', async () => {
    expect(await written(JSON.stringify(good))).toEqual(good)
  })

  it.each([
    { derivation: `/nix/store/${HASH}-x` },
    { derivation: `/nix/store/../etc/${HASH}-x.drv` },
    { derivation: `/nix/store/${HASH}-x.drv^*` },
    { output: '--store' + '/' },
    { output: '*' },
    { name: 1 },
  ])('is nothing when it says %j', async (change) => {
    expect(await written(JSON.stringify({ ...good, ...change }))).toBeNull()
  })

  it('is nothing when it is a link to something else', async () => {
    const folder = sourceFolder({ other: JSON.stringify(good) })
    symlinkSync('other', join(folder, 'found.json'))
    expect(await readFound(folder)).toBeNull()
  })
})

describe('the program that answers requests', () => {
  it.each([
    [{ name: 'app', program: 'serve' }, ['app', 'serve'], 'serve'],
    [{ name: 'app', program: null }, ['app', 'tool'], 'app'],
    [{ name: 'app', program: 'gone' }, ['one'], 'one'],
    [{ name: 'app', program: null }, ['.app-wrapped', 'one'], 'one'],
    [{ name: 'app', program: null }, ['one', 'two'], null],
    [{ name: 'app', program: null }, [], null],
    [{ name: 'app', program: 'a; reboot' }, ['a; reboot'], null],
  ])('of %j with %j is %s', (found, programs, expected) => {
    expect(webProgramOf(found, programs)).toBe(expected)
  })
})

describe('what a build of a flake will do', () => {
  it('is said in a line', () => {
    const text = [
      'these 2 derivations will be built:',
      '  /nix/store/a.drv',
      '  /nix/store/b.drv',
      'these 12 paths will be fetched (31.50 MiB download, 120.00 MiB unpacked):',
    ].join('\n')
    expect(dryRunLine(text)).toBe('12 paths are fetched (31.50 MiB), 2 derivations are built')
    expect(dryRunLine('this derivation will be built:\n  /nix/store/a.drv')).toBe('1 derivation is built')
    expect(dryRunLine('')).toBeNull()
  })
})

describe('the caches for flakes', () => {
  const key = `cache-1:${'A'.repeat(43)}=`

  it('are addresses and keys', () => {
    expect(parseFlakeCaches(' https://a.example  http://b.example:8080/x', key)).toEqual({
      urls: ['https://a.example', 'http://b.example:8080/x'],
      keys: [key],
    })
    expect(parseFlakeCaches('', '')).toEqual({ urls: [], keys: [] })
  })

  it.each([
    ['file:///srv/cache', key, 'no http or https address'],
    ['https://ada:secret@a.example', key, 'credentials'],
    ['https://a.example', '', 'SKYPANEL_FLAKE_KEYS'],
    ['https://a.example', 'cache-1', 'NAME:BASE64'],
  ])('cannot be %s with the key %s', (urls, keys, why) => {
    expect(() => parseFlakeCaches(urls, keys)).toThrow(why)
    expect(() => parseFlakeCaches(urls, keys)).not.toThrow('secret')
  })
})

describe('a flake that cannot be built is told why:', () => {
  it.each([
    ["error: access to absolute path '/etc/passwd' is forbidden in pure evaluation mode", '/etc/passwd'],
    ["error: 'builtins.storePath' is not allowed in pure evaluation mode", 'builtins.storePath'],
    [
      "error: in pure evaluation mode, 'fetchGit' will not fetch unlocked input 'git+https://x/y'",
      'git+https://x/y',
    ],
    ["error: access to URI 'https://x/y' is forbidden in restricted mode", 'https://x/y'],
    ['error: infinite recursion encountered', 'infinite recursion'],
    [
      "error: flake 'path:/tmp/flake' does not provide attribute 'packages.x86_64-linux.default', 'defaultPackage.x86_64-linux'",
      'no package',
    ],
    [
      "error: derivation '/nix/store/x.drv' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'",
      'sandbox',
    ],
    [
      "error: cannot build '/nix/store/x.drv' during evaluation because the option 'allow-import-from-derivation' is disabled",
      'import from derivation',
    ],
    [
      "error: unable to download 'https://api.github.com/repos/a/b/commits/HEAD': HTTP error 403",
      'flake.lock',
    ],
    [
      "error: unable to download 'https://github.com/a/b/archive/0123.tar.gz': HTTP error 404",
      'could not be fetched',
    ],
    ['@flake memory', '4 GB'],
    ['@flake time', 'five minutes'],
    [
      "error: cannot update lock file of flake 'path:/tmp/flake' because of '--no-update-lock-file'",
      'flake.lock',
    ],
  ])('%s', (output, said) => {
    expect(explainFailure('flake', `some line\n       ${output}`)?.message).toContain(said)
  })
})

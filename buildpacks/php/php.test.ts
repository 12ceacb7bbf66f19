import { describe, expect, it } from 'vitest'
import { planned } from '../../test/support/planning.ts'
import { sourceFolder } from '../../test/support/folder.ts'
import { openFolder } from '../file-view.ts'
import { readComposer } from './composer.ts'
import { rangeOf } from './versions.ts'

const json = (value: unknown) => JSON.stringify(value)

describe('the version of PHP', () => {
  it.each([
    ['^8.1', '^8.1'],
    ['~8.1', '^8.1'],
    ['~8.2.0', '~8.2.0'],
    ['>=8.1 <8.5', '>=8.1 <8.5'],
    ['8.1.*|8.4.*', '8.1.* || 8.4.*'],
    ['7.4 || ^8.0', '7.4 || ^8.0'],
    ['newest', null],
  ])('%s is the range %s', (text, range) => {
    expect(rangeOf(text)).toBe(range)
  })

  it('of another line is refused', () => {
    const files = { 'composer.json': json({ require: { php: '^7.4' } }), 'index.php': '' }
    expect(planned(files)).toMatchObject({ ok: false, message: expect.stringContaining('asks for PHP ^7.4') })
  })
})

describe('a PHP app', () => {
  it('gets the extensions that it or its packages name, where Debian packs them', () => {
    const result = planned({
      'composer.json': json({ require: { 'ext-redis': '*', 'a/b': '*' } }),
      'composer.lock': json({
        packages: [{ name: 'a/b', require: { 'ext-gmp': '*', 'ext-json': '*' } }],
        platform: [],
      }),
      'public/index.php': '',
    })
    const packages = result.ok ? (result.plan.tools[0]?.layer?.packages ?? []) : []
    expect(packages).toEqual(
      expect.arrayContaining(['php8.4-fpm', 'php8.4-redis', 'php8.4-gmp', 'php8.4-mbstring']),
    )
    expect(packages.join(' ')).not.toContain('json')
  })

  it('is served by PHP behind Caddy, or as its Procfile says', () => {
    const served = planned({ 'index.php': '' })
    expect(served).toMatchObject({
      ok: true,
      plan: { release: { processes: { web: { command: '.skypanel/web' } } } },
    })
    const own = planned({ 'index.php': '', Procfile: 'web: php -S 0.0.0.0:$PORT\n' })
    expect(own.ok && own.plan.tools.map(({ name }) => name)).toEqual(['php'])
    expect(planned({ 'composer.json': '{}' })).toMatchObject({
      ok: false,
      message: 'There is no index.php to serve',
    })
  })

  it('with a composer.json that is odd is understood or refused, never a crash', () => {
    const read = (text: string) => readComposer(openFolder(sourceFolder({ 'composer.json': text })))
    expect(read('{')).toMatchObject({ ok: false })
    expect(read('null')).toMatchObject({ ok: true })
    expect(
      read(json({ require: [], repositories: { a: { type: 'path', url: '../../etc' } }, scripts: 5 })),
    ).toMatchObject({
      ok: true,
      local: [],
    })
  })
})

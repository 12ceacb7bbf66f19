import { describe, expect, it } from 'vitest'
import { plan, planned, web } from '../../test/support/planning.ts'
import { perlVersion } from './modules.ts'

describe('a version of Perl', () => {
  it.each([
    ['5.010', '5.10'],
    ['5.010001', '5.10.1'],
    ['5.036', '5.36'],
    ['5.36.0', '5.36.0'],
  ])('written %s is %s', (text, version) => {
    expect(perlVersion(text)).toBe(version)
  })

  it('in a cpanfile is the least; a pinned older one is told, a newer one refused', () => {
    const app = { 'app.psgi': 'use strict;' }
    expect(plan({ ...app, cpanfile: "requires 'perl', '5.020';" }).tools[0]).toMatchObject({
      want: '>=5.20',
      version: '5.40',
    })
    expect(plan({ ...app, '.perl-version': '5.36.1\n' }).notes).toMatchObject([
      { code: 'perl.version.newer' },
    ])
    expect(planned({ ...app, '.perl-version': '5.42\n' })).toMatchObject({ ok: false })
  })
})

describe('a Perl app', () => {
  it('is served by what it is written for', () => {
    expect(web({ 'app.psgi': '', cpanfile: "requires 'Twiggy';" })).toBe('twiggy --port $PORT app.psgi')
    expect(web({ 'bin/app.psgi': '' })).toContain('starman --port $PORT')
    expect(
      web({ 'script/shop': 'Mojolicious::Commands->start_app', 'lib/Shop.pm': 'package Shop;' }),
    ).toContain('perl script/shop prefork')
    expect(web({ 'server.pl': 'use strict;\nHTTP::Daemon->new;' })).toBe('perl server.pl')
  })

  it('gets from Debian what Debian has, unless a snapshot says exactly what it wants', () => {
    const files = { 'app.psgi': '', cpanfile: "requires 'DBD::Pg';\nrequires 'Acme::Odd';\n" }
    expect(plan(files).tools[0]?.layer?.packages).toContain('libdbd-pg-perl')
    const locked = plan({ ...files, 'cpanfile.snapshot': '# carton' })
    expect(locked.tools[0]?.layer?.packages).not.toContain('libdbd-pg-perl')
    expect(locked.steps[0]?.commands).toContain('carton install --deployment --path local')
  })

  it('is none when a script in Prolog lies there', () => {
    expect(planned({ 'main.pl': 'mortal(X) :- human(X), listen(8080).\n' })).toMatchObject({ ok: false })
  })
})

import { describe, expect, it } from 'vitest'
import { planned } from '../../test/support/planning.ts'
import { rangeOf } from './versions.ts'

describe('the version of Ruby', () => {
  it.each([
    ['~> 3.3.0', '~3.3.0'],
    ['~> 3.1', '^3.1'],
    ['>= 3.1, < 4', '>=3.1 <4'],
    ['3.3.5', '3.3.5'],
    ['3.3', '3.3.x'],
    ['jruby', null],
  ])('%s is the range %s', (text, range) => {
    expect(rangeOf(text)).toBe(range)
  })

  it('of another line is refused with where it was asked for', () => {
    expect(planned({ Gemfile: "ruby '2.7.8'\n", 'app.rb': '' })).toMatchObject({
      ok: false,
      message: 'Gemfile#ruby asks for Ruby 2.7.8, and this platform has Ruby 3.3',
    })
    expect(planned({ 'app.rb': '', '.ruby-version': 'ruby-3.3.1\n' })).toMatchObject({ ok: true })
    expect(planned({ 'app.rb': '' }, { SKYPANEL_RUBY_VERSION: '9.9' })).toMatchObject({ ok: false })
  })
})

describe('a Ruby app', () => {
  it('that is Rails gets its assets compiled with a key that is none, and is told what it needs', () => {
    const lock =
      'GEM\n  specs:\n    propshaft (1.0.0)\n    rails (8.0.0)\n    puma (6.0.0)\n    mysql2 (0.5.6)\n'
    const result = planned({
      Gemfile: "gem 'rails'\n",
      'Gemfile.lock': lock,
      'config/application.rb': '',
      'package.json': '{}',
    })
    expect(result).toMatchObject({ ok: true })
    const plan = result.ok ? result.plan : null
    const build = plan?.steps.find(({ name }) => name === 'build')
    expect(build?.commands.join(' ')).toMatch(/SECRET_KEY_BASE.*assets:precompile/)
    expect(build?.network).toBe(false)
    expect(plan?.systemPackages).toEqual({ build: ['libmariadb-dev'], run: ['libmariadb3'] })
    expect(plan?.notes.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['ruby.rails.key', 'ruby.rails.migrate']),
    )
  })

  it('with nothing to start is refused', () => {
    expect(planned({ Gemfile: "gem 'rake'\n" })).toMatchObject({
      ok: false,
      message: expect.stringContaining('nothing to start'),
    })
  })
})

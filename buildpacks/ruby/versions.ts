import semver from 'semver'
import type { Note, Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import type { Gems } from './gems.ts'

const PACKAGES = ['ruby', 'ruby-dev', 'bundler', 'libyaml-dev', 'libgmp-dev', 'libreadline-dev']

export interface RubyVersion {
  readonly ok: true
  readonly tools: readonly Tool[]
  /** The Gemfile names a patch level that is not Debian's, and Bundler would insist on it. */
  readonly relax: boolean
  readonly notes: readonly Note[]
}

/** Debian's Ruby, with Debian's security fixes. Another line is refused rather than silently replaced. */
export function versions({ view, settings, manifest }: PlanContext, gems: Gems): RubyVersion | Refusal {
  const debian = manifest.defaults['debian'] ?? ''
  const named = (text: string | null, from: string) => (text === null ? null : { text, from })
  const set = override(settings, 'SKYPANEL_RUBY_VERSION', 'RUBY_VERSION')
  const declared = (set === null ? null : { text: set.value, from: set.name }) ??
    named(gems.ruby, 'Gemfile#ruby') ??
    fromVersionFile(view, '.ruby-version') ??
    fromToolFiles(view, 'ruby') ??
    named(gems.lockedRuby, 'Gemfile.lock#RUBY VERSION') ?? { text: '*', from: 'default' }
  const text = declared.text.replace(/^ruby-/, '').trim()
  const range = rangeOf(text)
  if (range === null) {
    return refuse(
      `${declared.from} asks for Ruby "${text.slice(0, 60)}", which is no version`,
      `Write it as in \`${debian}\`.`,
    )
  }
  // Any patch level of Debian's line is the one that Debian has, with its fixes.
  const line = /^\d+\.\d+\.\d+/.test(text) ? `~${text.replace(/[^\d.].*$/, '')}` : range
  if (!semver.intersects(line, `~${debian}.0`)) {
    return refuse(
      `${declared.from} asks for Ruby ${text}, and this platform has Ruby ${debian}`,
      `Write \`ruby "~> ${debian}.0"\` into the Gemfile and run \`bundle update --ruby\`; no other can be had on this platform.`,
    )
  }
  const exact = /^\d+\.\d+\.\d+/.test(text)
  const notes: Note[] = exact
    ? [
        {
          level: 'info',
          code: 'ruby.version.patch',
          message: `Ruby ${text} was asked for (${declared.from}); Debian's ${debian} is used, at its own patch level.`,
        },
      ]
    : []
  const tool = request({
    name: 'ruby',
    want: text,
    from: declared.from,
    version: debian,
    source: 'debian',
    phase: ['build', 'run'],
    layer: { suite: null, packages: PACKAGES },
  })
  return { ok: true, tools: [tool], relax: gems.ruby !== null && /^\d+\.\d+\.\d+/.test(gems.ruby), notes }
}

/** Gem requirements as semver ranges: `~> 3.3.0`, `>= 3.1, < 4`, `3.3.1`; null when it is none. */
export function rangeOf(text: string): string | null {
  if (text === '*' || text === '') return '*'
  const parts = text.split(',').map((part) => {
    const match = /^\s*(~>|>=|<=|>|<|=)?\s*(\d+(?:\.\d+){0,2})[\w.-]*\s*$/.exec(part)
    if (match === null) return null
    const [, operator = '=', version = ''] = match
    const fields = version.split('.')
    if (operator === '~>') return fields.length === 3 ? `~${version}` : `^${version}`
    if (operator === '=') return fields.length === 3 ? version : `${version}.x`
    return `${operator}${version}`
  })
  const range = parts.join(' ')
  return parts.includes(null) || semver.validRange(range) === null ? null : range
}

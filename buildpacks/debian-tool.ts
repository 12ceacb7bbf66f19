import semver from 'semver'
import type { Note, Tool } from './plan.ts'
import { type Refusal, refuse, request } from './provider.ts'
import { override, type PlanSettings } from './settings.ts'
import type { Declared } from './tool-files.ts'

/** A compiler or interpreter of which Debian has one release line. */
export interface DebianTool {
  readonly name: string
  /** As people write it, e.g. `OCaml`. */
  readonly title: string
  /** Debian's line, e.g. `5.40`. */
  readonly version: string
  /** What was written for an older release of the same major version runs with a newer one. */
  readonly keepsOld: boolean
  readonly packages: readonly string[]
  /** null: the stack's own suite. */
  readonly suite?: string | null
  readonly phase: Tool['phase']
}

export interface DebianVersion {
  readonly ok: true
  readonly tool: Tool
  readonly notes: readonly Note[]
}

/** What an app asks for that did not say. */
const ANY: Declared = { text: '*', from: 'default' }

/**
 * Debian's release of a tool, when what the app declares allows it. `SKYPANEL_<NAME>_VERSION` beats what files declare.
 * Another line is refused rather than silently replaced; a newer one that keeps old code running is told.
 */
export function debianTool(
  settings: PlanSettings,
  found: Declared | null,
  tool: DebianTool,
): DebianVersion | Refusal {
  const set = override(settings, `SKYPANEL_${tool.name.toUpperCase()}_VERSION`)
  const declared = set === null ? (found ?? ANY) : { text: set.value, from: set.name }
  const fit = fits(declared.text, tool)
  const asked = `${declared.from} asks for ${tool.title} ${declared.text.slice(0, 60)}`
  if (fit === 'no') {
    return refuse(
      `${asked}, and this platform has ${tool.title} ${tool.version}`,
      `Allow ${tool.version} there; no other can be had on this platform.`,
    )
  }
  const notes: Note[] =
    fit === 'newer'
      ? [
          {
            level: 'warn',
            code: `${tool.name}.version.newer`,
            message: `${asked}; this platform has ${tool.version}, which is used instead.`,
          },
        ]
      : []
  return {
    ok: true,
    notes,
    tool: request({
      name: tool.name,
      want: declared.text,
      from: declared.from,
      version: tool.version,
      source: 'debian',
      phase: tool.phase,
      layer: { suite: tool.suite ?? null, packages: [...tool.packages] },
    }),
  }
}

function fits(text: string, { version, keepsOld }: DebianTool): 'yes' | 'newer' | 'no' {
  const range = rangeOf(text)
  if (range === null) return 'no'
  const line = `~${version}`
  if (semver.intersects(range, line)) return 'yes'
  const exact = /^\s*[vV=]*\s*\d[\d.]*/.test(text) ? semver.coerce(text) : null
  const ours = semver.coerce(version)
  const newer =
    exact !== null && ours !== null && exact.major === ours.major && semver.lt(exact, ours) && keepsOld
  return newer ? 'newer' : 'no'
}

/**
 * Requirements as package managers write them, as a semver range: `5.36`, `>= 1.0, < 2.0`, `~> 1.2`, `==9.6.*`, `v5.36.0`;
 * null when it is none. An exact version stands for its line, since Debian has its own patch level.
 */
export function rangeOf(text: string): string | null {
  if (text.length > 100) return null
  const clean = text.trim().replace(/^(?:[a-z]+[-@ ])+(?=\d)/i, '')
  if (clean === '' || /^(?:\*|latest|stable|system|any|-any)$/i.test(clean)) return '*'
  const parts = clean
    .replaceAll(/(~>|>=|<=|==|>|<|=|\^|~)\s+/g, '$1')
    .split(/\s*(?:\|\|)\s*/)
    .map((one) => one.split(/\s*(?:,|&&|\band\b|\s)\s*/i).filter((part) => part !== ''))
    .map((parts) => parts.map(comparatorOf))
  if (parts.some((one) => one.length === 0 || one.includes(null))) return null
  const range = parts.map((one) => one.join(' ')).join(' || ')
  return semver.validRange(range)
}

function comparatorOf(text: string): string | null {
  const match = /^(~>|>=|<=|==|>|<|=|\^|~)?v?(\d+(?:\.(?:\d+|\*|x))*)(?:[-+.\w]*)$/i.exec(text)
  if (match === null) return null
  const [, operator = '', version = ''] = match
  // Leading zeros are no numbers to semver: Perl's 5.010, years of ABI tags.
  const fields = version
    .split('.')
    .slice(0, 3)
    .map((field) => (/^\d+$/.test(field) ? String(Number(field)) : 'x'))
  const plain = fields.join('.')
  if (operator === '~>') return fields.length === 3 ? `~${plain}` : `^${plain}`
  if (operator === '' || operator === '=' || operator === '==')
    return fields.length === 3 ? `~${fields.slice(0, 2).join('.')}` : `${plain}.x`.replace(/(\.x)+$/, '.x')
  return `${operator}${plain.replace(/(\.x)+$/, '')}`
}

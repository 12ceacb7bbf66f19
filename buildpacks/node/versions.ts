import semver from 'semver'
import { own } from '../own.ts'
import type { Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import type { PackageJson } from './package-json.ts'

const CODENAMES: Readonly<Record<string, number>> = {
  fermium: 14,
  gallium: 16,
  hydrogen: 18,
  iron: 20,
  jod: 22,
  krypton: 24,
}

/** Ranges are matched against every version there is. */
const MAX_RANGE = 256

interface Declared {
  readonly text: string
  readonly from: string
}

/**
 * Which Node and npm the app asks for: requests only. Settings beat files, `engines` beats the version files of
 * version managers, because that is the order in which they were meant for a deployment.
 */
export function versions(
  { view, settings }: PlanContext,
  pkg: PackageJson,
  lockVersion: number | null,
): { ok: true; tools: Tool[] } | Refusal {
  const set = override(settings, 'SKYPANEL_NODE_VERSION', 'NODE_VERSION')
  const declared = (set === null ? null : { text: set.value, from: set.name }) ??
    fromField(pkg.engines['node'], 'package.json#engines.node') ??
    fromFile(view.read('.nvmrc', 4096), '.nvmrc') ??
    fromFile(view.read('.node-version', 4096), '.node-version') ?? { text: '*', from: 'default' }
  const want = nodeRange(declared.text)
  if (want === null) {
    return refuse(
      `${declared.from} asks for Node "${declared.text.slice(0, 60)}", which is not a version`,
      'Write a version or a range, as in `22`, `22.11.0`, `>=20 <23` or `lts/*`.',
    )
  }
  const npm = npmWant(pkg, lockVersion)
  if (!npm.ok) return npm
  return {
    ok: true,
    tools: [
      request({ name: 'node', want, from: declared.from, source: 'npm', phase: ['build', 'run'] }),
      request({ name: 'npm', want: npm.want, from: npm.from, source: 'npm', phase: ['build', 'run'] }),
    ],
  }
}

function fromField(text: string | undefined, from: string): Declared | null {
  return text === undefined || text.trim() === '' ? null : { text: text.trim(), from }
}

function fromFile(file: ReturnType<PlanContext['view']['read']>, from: string): Declared | null {
  if (!file.ok) return null
  const line = file.text
    .split('\n')
    .map((one) => one.replace(/#.*/, '').trim())
    .find((one) => one !== '')
  return line === undefined ? null : { text: line, from }
}

/** A semver range, or `lts` or `latest`; null when the text is none of the forms that version managers know. */
export function nodeRange(text: string): string | null {
  if (text.length > MAX_RANGE) return null
  const word = text.trim().toLowerCase()
  if (word === 'lts/*' || word === 'lts') return 'lts'
  if (word === 'node' || word === 'latest' || word === 'current' || word === 'stable') return 'latest'
  const codename = own(CODENAMES, word.replace(/^lts\//, ''))
  if (codename !== undefined) return `${codename}.x`
  return semver.validRange(word) === null ? null : text.trim()
}

/**
 * `auto` takes the npm that came with the Node. Locks of version 2 and up cannot be read by npm 6, which Node 14 came
 * with, so those ask for 7 or newer.
 */
function npmWant(
  pkg: PackageJson,
  lockVersion: number | null,
): { ok: true; want: string; from: string } | Refusal {
  const pinned = /^npm@([^+]+)/.exec(pkg.packageManager ?? '')?.[1]
  if (pinned !== undefined) {
    if (semver.valid(pinned) === null) {
      return refuse(
        `package.json#packageManager asks for npm "${pinned.slice(0, 40)}", which is not an exact version`,
        'Write it as in `npm@10.9.2`.',
      )
    }
    return { ok: true, want: pinned, from: 'package.json#packageManager' }
  }
  const engines = pkg.engines['npm']?.trim()
  if (engines !== undefined && engines !== '') {
    if (engines.length > MAX_RANGE || semver.validRange(engines) === null) {
      return refuse(
        `package.json#engines.npm asks for npm "${engines.slice(0, 40)}", which is not a version range`,
        'Write it as in `>=10`, or remove it.',
      )
    }
    return { ok: true, want: engines, from: 'package.json#engines.npm' }
  }
  return lockVersion !== null && lockVersion >= 2
    ? { ok: true, want: '>=7', from: 'package-lock.json#lockfileVersion' }
    : { ok: true, want: '*', from: 'default' }
}

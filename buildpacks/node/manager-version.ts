import semver from 'semver'
import type { Note } from '../plan.ts'
import { type PlanContext, type Refusal, refuse } from '../provider.ts'
import { override } from '../settings.ts'
import { type Declared, fromToolFiles } from '../tool-files.ts'
import { integrityOf } from './corepack.ts'
import { LOCK_FILE, type Lock, type ManagerName, TOOL } from './lock.ts'
import type { PackageJson } from './package-json.ts'

const MAX_RANGE = 256

/** What package.json names, as `packageManager` or in `devEngines`. */
interface Named {
  readonly tool: string
  readonly text: string
  readonly from: string
}

export interface AskedVersion {
  readonly ok: true
  readonly want: string
  readonly from: string
  readonly hash: string | null
  readonly notes: readonly Note[]
}

/** The version of a manager, from the strongest that states one; else what wrote the lock. */
export function managerVersion(
  { view, settings }: PlanContext,
  pkg: PackageJson,
  name: ManagerName,
  lock: Lock | null,
  named: Named | null,
): AskedVersion | Refusal {
  const tool = TOOL[name]
  const set = override(settings, `SKYPANEL_${tool.toUpperCase()}_VERSION`)
  if (set !== null) return ranged(name, { text: set.value, from: set.name }, lock)
  if (named !== null && named.tool === tool && named.text !== '*') {
    const asked = ranged(name, { text: named.text.replace(/\+.*/, ''), from: named.from }, lock)
    if (!asked.ok || !named.text.includes('+')) return asked
    // The hash of a newer yarn is that of its program, not of the package it comes in.
    return { ...asked, hash: name === 'berry' ? null : integrityOf(named.text) }
  }
  const declared =
    field(pkg.volta[tool], `package.json#volta.${tool}`) ??
    yarnPath(view, name) ??
    field(pkg.engines[tool], `package.json#engines.${tool}`) ??
    fromToolFiles(view, tool)
  return declared === null ? byLock(view, name, lock) : ranged(name, declared, lock)
}

function field(text: string | undefined, from: string): Declared | null {
  return text === undefined || text.trim() === '' ? null : { text: text.trim(), from }
}

/** `.yarn/releases/yarn-4.1.0.cjs`, committed and named by the configuration. */
function yarnPath(view: PlanContext['view'], name: ManagerName): Declared | null {
  if (name !== 'berry') return null
  const file = view.read('.yarnrc.yml', 64 * 1024)
  const version = file.ok ? /^yarnPath:.*yarn-(\d+\.\d+\.\d+[\w.-]*?)\.c?js/m.exec(file.text)?.[1] : undefined
  return version === undefined ? null : { text: version, from: '.yarnrc.yml' }
}

function ranged(name: ManagerName, declared: Declared, lock: Lock | null): AskedVersion | Refusal {
  const { text, from } = declared
  const plain = /^(?:latest|stable|berry|\*)$/i.test(text) ? '*' : text
  if (plain.length > MAX_RANGE || semver.validRange(plain) === null) {
    return refuse(
      `${from} asks for ${TOOL[name]} "${text.slice(0, 40)}", which is not a version`,
      'Write a version or a range, as in `10.9.2` or `>=10`.',
    )
  }
  // A range such as >=1 also fits the yarn that cannot read the lock at hand.
  if (name === 'yarn' && !semver.intersects(plain, '<2')) return { ...yarnMismatch(from), ...NONE }
  const want = name === 'yarn' && !semver.subset(plain, '<2') ? '^1.22.0' : plain
  const least = semver.minVersion(plain)
  if (name === 'berry' && least !== null && least.major < 2) return { ...byBerryLock(lock), ...NONE }
  return { ok: true, want, from, ...NONE }
}

const NONE = { hash: null, notes: [] } as const

function yarnMismatch(from: string): { ok: true; want: string; from: string } {
  return { ok: true, want: '^1.22.0', from: `yarn.lock, which the yarn of ${from} cannot read` }
}

function byLock(view: PlanContext['view'], name: ManagerName, lock: Lock | null): AskedVersion {
  switch (name) {
    case 'npm':
      // Locks of version 2 and up cannot be read by npm 6, which Node 14 came with.
      return lock?.version != null && lock.version >= 2
        ? { ok: true, want: '>=7', from: 'package-lock.json#lockfileVersion', ...NONE }
        : { ok: true, want: '*', from: 'default', ...NONE }
    case 'pnpm':
      return { ok: true, ...byPnpmLock(view, lock), ...NONE }
    case 'yarn':
      return { ok: true, want: '^1.22.0', from: lock === null ? 'default' : 'yarn.lock', ...NONE }
    case 'berry':
      return { ...byBerryLock(lock), ...NONE }
    case 'bun':
      // The lock in text was new in 1.2.
      return lock?.file === 'bun.lock'
        ? { ok: true, want: '>=1.2.0 <2', from: 'bun.lock', ...NONE }
        : { ok: true, want: '^1.0.0', from: lock === null ? 'default' : 'bun.lockb', ...NONE }
  }
}

/** Which pnpm wrote such a lock. From 9 to 12 the format is the same, and 10 reads the settings of all of them. */
function byPnpmLock(view: PlanContext['view'], lock: Lock | null): { want: string; from: string } {
  const version = lock?.version ?? null
  if (version === null) return { want: '10.x', from: 'default' }
  const from = `${LOCK_FILE.pnpm}#lockfileVersion`
  if (version >= 9) return { want: view.exists('pnpm-workspace.yaml') ? '10.x' : '9.x || 10.x', from }
  if (version >= 6) return { want: '8.x', from }
  return { want: version >= 5.4 ? '7.x' : '6.x', from }
}

function byBerryLock(lock: Lock | null): { ok: true; want: string; from: string } {
  const version = lock?.version ?? null
  if (version === null) return { ok: true, want: '4.x', from: 'default' }
  const from = 'yarn.lock#__metadata'
  if (version >= 8) return { ok: true, want: '>=4', from }
  return { ok: true, want: version >= 5 ? '3.x' : '2.x', from }
}

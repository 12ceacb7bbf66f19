import semver from 'semver'
import type { Note, Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { parsePackageManager } from './corepack.ts'
import { findLocks, LOCK_FILE, type Lock, type ManagerName, TOOL } from './lock.ts'
import { managerVersion } from './manager-version.ts'
import type { PackageJson } from './package-json.ts'

export interface Manager {
  readonly ok: true
  readonly name: ManagerName
  /** null: there is none that this manager reads. */
  readonly lock: Lock | null
  readonly tool: Tool
  /** Settings besides those of the manager in general. */
  readonly env: Readonly<Record<string, string>>
  readonly notes: readonly Note[]
}

/**
 * Who installs the app: what package.json names, else the lock that lies there, else what its engines or configuration
 * speak of, else npm. The version comes from the strongest that states one.
 */
export function chooseManager(context: PlanContext, pkg: PackageJson): Manager | Refusal {
  const locks = findLocks(context.view)
  const named = namedManager(pkg)
  if (named !== null && !named.ok) return named
  const chosen = named === null ? byFiles(context, pkg, locks) : byName(named, locks)
  const { name } = chosen
  const lock = locks.find((one) => one.manager === name && !one.empty) ?? null
  const asked = managerVersion(context, pkg, name, lock, named)
  if (!asked.ok) return asked
  const tool = request({
    name: TOOL[name],
    want: asked.want,
    from: asked.from,
    source: 'npm',
    phase: ['build', 'run'],
  })
  const env = name === 'pnpm' && asked.from.startsWith(LOCK_FILE.pnpm) ? pnpmBuilds(context.view, pkg) : {}
  const notes = [...chosen.notes, ...asked.notes]
  return { ok: true, name, lock, tool: { ...tool, hash: asked.hash }, env, notes }
}

/**
 * Install scripts of dependencies run in all versions of pnpm before 10, and from then on only those that are allowed.
 * An app that names no version and allows nothing was made for the former, as far as anybody can tell.
 */
function pnpmBuilds(view: PlanContext['view'], pkg: PackageJson): Record<string, string> {
  const file = view.read('pnpm-workspace.yaml')
  const text = `${file.ok ? file.text : ''}\n${pkg.pnpm.join('\n')}`
  return /\b(?:onlyBuilt|neverBuilt|ignoredBuilt|allowBuilds|dangerouslyAllowAllBuilds)/.test(text)
    ? {}
    : { npm_config_dangerously_allow_all_builds: 'true' }
}

export interface NamedManager {
  readonly ok: true
  readonly tool: string
  readonly text: string
  readonly from: string
}

function namedManager(pkg: PackageJson): NamedManager | Refusal | null {
  if (pkg.packageManager !== null && pkg.packageManager.trim() !== '') {
    const from = 'package.json#packageManager'
    const { name, version } = parsePackageManager(pkg.packageManager)
    if (!['npm', 'pnpm', 'yarn', 'bun'].includes(name)) {
      return refuse(
        `${from} names "${name.slice(0, 40)}", which is no package manager that is known here`,
        'Name npm, pnpm, yarn or bun, as in `pnpm@10.34.0`.',
      )
    }
    return { ok: true, tool: name, text: version ?? '*', from }
  }
  const engine = pkg.devEngines.packageManager.find(({ name }) =>
    ['npm', 'pnpm', 'yarn', 'bun'].includes(name),
  )
  return engine === undefined
    ? null
    : { ok: true, tool: engine.name, text: engine.range, from: 'package.json#devEngines.packageManager' }
}

interface Choice {
  readonly name: ManagerName
  readonly notes: readonly Note[]
}

/** A named yarn is the old one or the new one by its version; a lock that only one of them can read decides for it. */
function byName(named: NamedManager, locks: readonly Lock[]): Choice {
  const name = named.tool === 'yarn' ? yarnBy(named.text, locks) : (named.tool as ManagerName)
  const own = locks.find((one) => one.manager === name)
  const others = locks.filter((one) => one.manager !== name)
  if (others.length === 0) return { name, notes: [] }
  const files = others.map(({ file }) => file).join(' and ')
  const message =
    own === undefined
      ? `${named.from} names ${TOOL[name]}, but the lock is ${files}, which it cannot read: versions are not locked. Run \`${TOOL[name]} install\`, and commit its lock.`
      : `${files} is not looked at, because ${named.from} names ${TOOL[name]}. Remove it.`
  return { name, notes: [{ level: 'warn', code: 'node.lock.foreign', message }] }
}

function yarnBy(text: string, locks: readonly Lock[]): ManagerName {
  const asked = semver.validRange(text) === null ? null : semver.minVersion(text)
  if (text === '*' || asked === null || asked.major === 0)
    return locks.some(({ manager }) => manager === 'yarn') ? 'yarn' : 'berry'
  const lock = locks.find(({ file, empty }) => file === 'yarn.lock' && !empty)
  return asked.major >= 2 || lock?.manager === 'berry' ? 'berry' : 'yarn'
}

function byFiles({ view }: PlanContext, pkg: PackageJson, locks: readonly Lock[]): Choice {
  const spoken = (['pnpm', 'yarn', 'bun'] as const).find(
    (name) => (pkg.engines[name] ?? pkg.volta[name] ?? '').trim() !== '',
  )
  const [first] = locks
  if (first === undefined) {
    if (spoken !== undefined)
      return { name: spoken === 'yarn' ? yarnWithoutLock(view, pkg) : spoken, notes: [] }
    if (view.exists('pnpm-workspace.yaml')) return { name: 'pnpm', notes: [] }
    if (view.exists('.yarnrc.yml')) return { name: 'berry', notes: [] }
    if (view.exists('bunfig.toml')) return { name: 'bun', notes: [] }
    return { name: 'npm', notes: [] }
  }
  const lock = locks.find(({ manager }) => TOOL[manager] === spoken) ?? first
  const others = locks.filter((one) => one !== lock).map(({ file }) => file)
  if (others.length === 0) return { name: lock.manager, notes: [] }
  const message = `There is more than one lock: ${lock.file} is used, ${others.join(' and ')} is not. Remove what is not used, or name the manager in package.json#packageManager.`
  return { name: lock.manager, notes: [{ level: 'warn', code: 'node.lock.several', message }] }
}

function yarnWithoutLock(view: PlanContext['view'], pkg: PackageJson): ManagerName {
  if (view.exists('.yarnrc.yml')) return 'berry'
  const range = pkg.volta['yarn'] ?? pkg.engines['yarn'] ?? '*'
  const least = semver.validRange(range) === null ? null : semver.minVersion(range)
  return least !== null && least.major >= 2 ? 'berry' : 'yarn'
}

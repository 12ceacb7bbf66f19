import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import type { Step } from '../plan.ts'
import { type PlanContext, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { shellWord } from '../shell-word.ts'
import { LIFECYCLE, lifecycleOf, onlyGitHooks } from './build-scripts.ts'
import type { NpmLock } from './lock.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'

/** A package inside of the repository that is installed by a link: a workspace or a `file:` dependency. */
interface Member {
  readonly folder: string
  readonly lifecycle: readonly string[]
}

export interface Install {
  /** Everything; with development dependencies. */
  readonly all: Step
  /** What the release ships, when that is less. */
  readonly production: Step
  /** Commands that stand for the lifecycle scripts that the install left out; the start of the build. */
  readonly lifecycle: readonly string[]
}

export const NPM_ENV: Readonly<Record<string, string>> = {
  npm_config_cache: '/cache/npm',
  npm_config_update_notifier: 'false',
  PATH_PREPEND: '/app/node_modules/.bin',
}
export const NPM_CACHE = { npm: { dir: '/cache/npm', scope: 'app' } } as const

/**
 * The dependency steps see manifests and lock only, so that a change of source leaves them as they are. Lifecycle
 * scripts of the app itself need its source: they are taken out here and run at the start of the build.
 */
export function planInstall({ view, settings }: PlanContext, pkg: PackageJson, lock: NpmLock): Install {
  const members = membersOf(view, pkg)
  const prebuild = (pkg.scripts['heroku-prebuild'] ?? '') !== ''
  const whole = members.length > 0 || pkg.workspaces.length > 0 || prebuild || view.exists('binding.gyp')
  const manifests = [
    'package.json',
    ...(lock.file === null ? [] : [lock.file]),
    ...(view.exists('.npmrc') ? ['.npmrc'] : []),
  ]
  const loose =
    lock.file === null ||
    override(settings, 'SKYPANEL_LOCK')?.value === 'loose' ||
    flag(settings, 'USE_NPM_INSTALL') === true
  const own = lifecycleOf(pkg)
  const stripped = [
    ...(own.length > 0 ? ['package.json'] : []),
    ...members.filter(({ lifecycle }) => lifecycle.length > 0).map(({ folder }) => `${folder}/package.json`),
  ]
  const before = [
    ...(stripped.length > 0 ? [stripCommand(stripped)] : []),
    ...(prebuild ? ['npm run heroku-prebuild'] : []),
  ]
  const shared = {
    files: whole ? ['.'] : manifests,
    network: true,
    secrets: secretsOf(view),
    caches: ['npm'],
    outputs: ['node_modules'],
  }
  // Without a lock, what the cache remembers of a package's versions would pass for the newest.
  const command = loose ? 'npm install' : 'npm ci --prefer-offline'
  return {
    all: step({
      ...shared,
      name: 'install',
      env: NPM_ENV,
      commands: [...before, `${command} --include=dev --no-audit --no-fund`],
    }),
    production: step({
      ...shared,
      name: 'install',
      // npm 6 knows no --omit, but looks at NODE_ENV.
      env: { ...NPM_ENV, NODE_ENV: 'production' },
      commands: [...before, `${command} --omit=dev --no-audit --no-fund`],
    }),
    lifecycle: [
      ...members.flatMap(({ folder, lifecycle }) =>
        lifecycle.map((name) => `npm --prefix ${shellWord(folder)} run ${name}`),
      ),
      ...own.filter((name) => !onlyGitHooks(pkg, name)).map((name) => `npm run ${name}`),
    ],
  }
}

function membersOf(view: FileView, pkg: PackageJson): Member[] {
  const linked = [...Object.values(pkg.dependencies), ...Object.values(pkg.devDependencies)]
    .map((spec) => /^(?:file:|link:|(?=\.{1,2}\/))(.+)$/.exec(spec)?.[1])
    .filter((path) => path !== undefined)
    .map((path) => posix.normalize(path).replace(/\/+$/, ''))
  const globs = pkg.workspaces.map((glob) => `${posix.normalize(glob).replace(/\/+$/, '')}/package.json`)
  const workspaces = globs.flatMap((glob) => view.list(glob)).map((manifest) => posix.dirname(manifest))
  return [...new Set([...linked, ...workspaces])]
    .filter((folder) => view.exists(folder))
    .map((folder) => {
      const read = readPackageJson(view, `${folder}/package.json`)
      return { folder, lifecycle: read.ok ? lifecycleOf(read.pkg) : [] }
    })
}

/** Takes the lifecycle scripts out of manifests; in words that every Node since 14 understands. */
function stripCommand(manifests: readonly string[]): string {
  const program =
    'const fs = require("fs"); for (const file of process.argv.slice(1)) { const json = JSON.parse(fs.readFileSync(file, "utf8").replace(/^\\uFEFF/, "")); ' +
    `for (const name of ${JSON.stringify(LIFECYCLE)}) delete json.scripts[name]; fs.writeFileSync(file, JSON.stringify(json, null, 2)) }`
  return `node -e '${program}' ${manifests.map(shellWord).join(' ')}`
}

/** Names of the variables that .npmrc takes its tokens from. */
function secretsOf(view: FileView): string[] {
  const file = view.read('.npmrc', 64 * 1024)
  if (!file.ok) return []
  return [
    ...new Set([...file.text.matchAll(/\$\{([A-Za-z_]\w*)\??\}/g)].map(([, name]) => name ?? '')),
  ].sort()
}

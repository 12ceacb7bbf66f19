import type { BuildPlan } from '../plan.ts'
import { shellWord } from '../shell-word.ts'
import { LIFECYCLE } from './build-scripts.ts'
import type { ManagerName } from './lock.ts'

/** How a package manager is called. Pure words; `Manager` says which one and why. */
export interface ManagerCommands {
  readonly title: string
  /** For each step that calls it. */
  readonly env: Readonly<Record<string, string>>
  readonly caches: BuildPlan['caches']
  /** Words before the name of a script. */
  readonly runner: string
  /** Files and folders besides lock and manifests that an install reads. */
  readonly reads: readonly string[]
  /** Lifecycle scripts of the app itself that an install runs. */
  readonly lifecycle: readonly string[]
  readonly install: (how: { frozen: boolean; production: boolean }) => string[]
  /** Runs a script of the package in a folder of the app. */
  readonly runIn: (folder: string, script: string) => string
}

const cache = (name: string): BuildPlan['caches'] => ({ [name]: { dir: `/cache/${name}`, scope: 'app' } })
const COREPACK = { COREPACK_ENABLE_STRICT: '0' }

const npm: ManagerCommands = {
  title: 'npm',
  env: { npm_config_cache: '/cache/npm', npm_config_update_notifier: 'false' },
  caches: cache('npm'),
  runner: 'npm run',
  reads: ['.npmrc'],
  lifecycle: LIFECYCLE,
  // Without a lock, what the cache remembers of a package's versions would pass for the newest.
  install: ({ frozen, production }) => [
    `${frozen ? 'npm ci --prefer-offline' : 'npm install'} ${production ? '--omit=dev' : '--include=dev'} --no-audit --no-fund`,
  ],
  runIn: (folder, script) => `npm --prefix ${shellWord(folder)} run ${script}`,
}

/** Settings that pnpm reads by one name up to 10 and by another from 11 on. */
function pnpmConfig(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => [
      [`npm_config_${name}`, value],
      [`pnpm_config_${name}`, value],
    ]),
  )
}

const pnpm: ManagerCommands = {
  title: 'pnpm',
  env: {
    ...COREPACK,
    ...pnpmConfig({
      // The plan chose the version; pnpm would download another by itself.
      manage_package_manager_versions: 'false',
      package_manager_strict: 'false',
      pm_on_fail: 'ignore',
      // Offline, pnpm waits minutes for a registry before it runs a script that does not need one.
      verify_deps_before_run: 'false',
      strict_dep_builds: 'false',
      update_notifier: 'false',
    }),
    // The lock was made under the app's own rules; asking for the age of each package again costs more than installing.
    pnpm_config_minimum_release_age: '0',
  },
  caches: cache('pnpm'),
  runner: 'pnpm run',
  reads: ['.npmrc', 'pnpm-workspace.yaml', '.pnpmfile.cjs', '.pnpmfile.mjs', 'patches'],
  lifecycle: ['preinstall', 'install', 'postinstall', 'prepare'],
  install: ({ frozen, production }) => [
    `pnpm install ${frozen ? '--frozen-lockfile' : '--no-frozen-lockfile'}${production ? ' --prod' : ''} --store-dir /cache/pnpm --package-import-method copy --reporter append-only`,
  ],
  runIn: (folder, script) => `pnpm --dir ${shellWord(folder)} run ${script}`,
}

/**
 * Old locks name the host at which yarn mirrored the registry. Each entry has its hash, so the registry that this
 * machine uses may give the same bytes. Where the app names registries of its own, theirs stay.
 */
const OWN_REGISTRY =
  '[ ! -e yarn.lock ] || grep -qs registry .npmrc .yarnrc || [ -z "${NPM_CONFIG_REGISTRY:-}" ] || ' +
  `sed -i -E "s#^(  resolved \\"?)https?://[^/]+/((@[^/]+/)?[^/]+/-/[^/]+[.]tgz)#\\1\${NPM_CONFIG_REGISTRY%/}/\\2#" yarn.lock`

const yarn: ManagerCommands = {
  title: 'yarn 1',
  env: { ...COREPACK, YARN_CACHE_FOLDER: '/cache/yarn' },
  caches: cache('yarn'),
  runner: 'yarn run',
  reads: ['.npmrc', '.yarnrc', '.yarn'],
  lifecycle: ['preinstall', 'install', 'postinstall', 'prepublish', 'prepare'],
  install: ({ frozen, production }) => [
    OWN_REGISTRY,
    // Two of it at once would write into the same cache.
    `yarn install${frozen ? ' --frozen-lockfile' : ''} --production=${production} --non-interactive --no-progress --mutex file:/cache/yarn/.mutex`,
  ],
  runIn: (folder, script) => `yarn --cwd ${shellWord(folder)} run ${script}`,
}

const berry: ManagerCommands = {
  title: 'yarn',
  env: {
    ...COREPACK,
    YARN_ENABLE_TELEMETRY: '0',
    YARN_GLOBAL_FOLDER: '/cache/berry',
    YARN_ENABLE_PROGRESS_BARS: '0',
  },
  caches: cache('berry'),
  runner: 'yarn run',
  reads: ['.yarnrc.yml', '.yarn', 'patches'],
  lifecycle: ['preinstall', 'install', 'postinstall'],
  install: ({ frozen, production }) => [
    // An environment variable would beat what the app says of registries.
    'grep -qs npmRegistryServer .yarnrc.yml || [ -z "${NPM_CONFIG_REGISTRY:-}" ] || export YARN_NPM_REGISTRY_SERVER="${NPM_CONFIG_REGISTRY%/}"',
    production
      ? 'yarn workspaces focus --all --production'
      : `YARN_ENABLE_IMMUTABLE_INSTALLS=${frozen} yarn install${frozen ? ' --immutable' : ''}`,
  ],
  runIn: (folder, script) => `yarn --cwd ${shellWord(folder)} run ${script}`,
}

const bun: ManagerCommands = {
  title: 'bun',
  env: { BUN_INSTALL_CACHE_DIR: '/cache/bun/all', DO_NOT_TRACK: '1' },
  caches: cache('bun'),
  runner: 'bun run',
  reads: ['.npmrc', 'bunfig.toml', 'patches'],
  lifecycle: ['preinstall', 'install', 'postinstall', 'prepare'],
  install: ({ frozen, production }) => [
    // Two of it run at once as two users, and it does not let others into the folders that it makes.
    `${production ? 'BUN_INSTALL_CACHE_DIR=/cache/bun/production ' : ''}bun install${frozen ? ' --frozen-lockfile' : ''}${production ? ' --production' : ''} --backend=copyfile --no-progress`,
  ],
  runIn: (folder, script) => `bun --cwd ${shellWord(folder)} run ${script}`,
}

export const COMMANDS: Readonly<Record<ManagerName, ManagerCommands>> = { npm, pnpm, yarn, berry, bun }

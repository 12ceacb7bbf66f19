import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import type { Step } from '../plan.ts'
import { type PlanContext, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { shellWord } from '../shell-word.ts'
import { lifecycleOf, onlyGitHooks } from './build-scripts.ts'
import { type Linker, PNP_ENV, PNP_OUTPUTS } from './linker.ts'
import type { Manager } from './manager-choice.ts'
import { COMMANDS } from './manager-commands.ts'
import { compiles } from './compiled.ts'
import { type Member, membersOf } from './members.ts'
import type { PackageJson } from './package-json.ts'

export interface Install {
  /** Everything; with development dependencies. */
  readonly all: Step
  /** What the release ships, when that is less; null: the manager cannot tell them apart. */
  readonly production: Step | null
  /** What the release ships, taken from `all`: where packages are compiled, doing that once is worth the wait. */
  readonly pruned: Step | null
  /** Commands that stand for the lifecycle scripts that the install left out; the start of the build. */
  readonly lifecycle: readonly string[]
  readonly members: readonly Member[]
}

/** Environment of every step that may call the manager or what it installed. */
export function managerEnv(manager: Manager, linker: Linker): Readonly<Record<string, string>> {
  return {
    ...COMMANDS[manager.name].env,
    ...manager.env,
    ...(linker === 'pnp' ? PNP_ENV : manager.name === 'berry' ? { YARN_ENABLE_GLOBAL_CACHE: '1' } : {}),
    PATH_PREPEND: '/app/node_modules/.bin',
  }
}

/**
 * The dependency steps see manifests and lock only, so that a change of source leaves them as they are. Lifecycle
 * scripts of the app itself need its source: they are taken out here and run at the start of the build.
 */
export function planInstall(
  { view, settings }: PlanContext,
  pkg: PackageJson,
  manager: Manager,
  linker: Linker,
): Install {
  const commands = COMMANDS[manager.name]
  const members = membersOf(view, pkg, manager.name)
  const prebuild = (pkg.scripts['heroku-prebuild'] ?? '') !== ''
  const whole = prebuild || view.exists('binding.gyp')
  const frozen =
    manager.lock !== null &&
    override(settings, 'SKYPANEL_LOCK')?.value !== 'loose' &&
    flag(settings, 'USE_NPM_INSTALL') !== true
  const own = lifecycleOf(pkg, commands.lifecycle)
  const scripts = (member: Member) => lifecycleOf(member.pkg, commands.lifecycle)
  const stripped = [
    ...(own.length > 0 ? ['package.json'] : []),
    ...members.filter((member) => scripts(member).length > 0).map(({ folder }) => `${folder}/package.json`),
  ]
  const before = [
    ...(stripped.length > 0 ? [stripCommand(stripped, commands.lifecycle)] : []),
    ...(prebuild ? [`${commands.runner} heroku-prebuild`] : []),
  ]
  const env = managerEnv(manager, linker)
  const shared = {
    files: whole ? ['.'] : inputsOf(view, manager, members),
    network: true,
    secrets: secretsOf(view),
    caches: Object.keys(commands.caches),
    outputs:
      linker === 'pnp'
        ? PNP_OUTPUTS
        : ['node_modules', ...members.map(({ folder }) => `${folder}/node_modules`)],
  }
  const focuses = manager.name !== 'berry' || !/^[<=]*\s*[23]\b/.test(manager.tool.want)
  return {
    all: step({
      ...shared,
      name: 'install',
      env,
      commands: [...before, ...commands.install({ frozen, production: false })],
    }),
    production: focuses
      ? step({
          ...shared,
          name: 'install',
          // npm 6 knows no --omit, but looks at NODE_ENV.
          env: { ...env, NODE_ENV: 'production' },
          commands: [...before, ...commands.install({ frozen, production: true })],
        })
      : null,
    pruned: compiles(view, manager.lock)
      ? step({
          ...shared,
          name: 'install',
          needs: ['install'],
          env: { ...env, NODE_ENV: 'production' },
          commands: [
            ...before,
            // It lists what lies there, and cannot be written over in a layer; npm looks for itself then.
            'rm -f node_modules/.package-lock.json',
            'npm prune --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund',
          ],
        })
      : null,
    lifecycle: [
      ...members.flatMap((member) =>
        scripts(member)
          .filter((name) => !onlyGitHooks(member.pkg, name))
          .map((name) => commands.runIn(member.folder, name)),
      ),
      ...own.filter((name) => !onlyGitHooks(pkg, name)).map((name) => `${commands.runner} ${name}`),
    ],
    members,
  }
}

/** Manifests of the app and its members, the lock, and what else the manager reads. */
function inputsOf(view: FileView, manager: Manager, members: readonly Member[]): string[] {
  const files = [
    'package.json',
    ...(manager.lock === null ? [] : [manager.lock.file]),
    ...COMMANDS[manager.name].reads.filter((path) => view.exists(path)),
    ...members.flatMap(({ folder, whole, pkg }) =>
      whole
        ? [folder]
        : [
            `${folder}/package.json`,
            // A command of a member is linked only when its file is there.
            ...pkg.bin.map((file) => posix.join(folder, file)).filter((file) => view.exists(file)),
          ],
    ),
  ]
  return [...new Set(files)]
}

/** Takes the lifecycle scripts out of manifests; in words that every Node since 14 understands. */
function stripCommand(manifests: readonly string[], lifecycle: readonly string[]): string {
  const program =
    'const fs = require("fs"); for (const file of process.argv.slice(1)) { const json = JSON.parse(fs.readFileSync(file, "utf8").replace(/^\\uFEFF/, "")); ' +
    `for (const name of ${JSON.stringify(lifecycle)}) delete json.scripts[name]; fs.writeFileSync(file, JSON.stringify(json, null, 2)) }`
  return `node -e '${program}' ${manifests.map(shellWord).join(' ')}`
}

/** Names of the variables that registries' configuration takes its tokens from. */
function secretsOf(view: FileView): string[] {
  const names = [
    ...textsOf(view, ['.npmrc', '.yarnrc', '.yarnrc.yml']).matchAll(/\$\{([A-Z_a-z]\w*)[^}\n]*\}/g),
    ...textsOf(view, ['bunfig.toml']).matchAll(/\$\{?([A-Z_a-z]\w*)/g),
  ]
  return [...new Set(names.map(([, name]) => name ?? ''))].sort()
}

function textsOf(view: FileView, paths: readonly string[]): string {
  const texts = paths.map((path) => {
    const file = view.read(path, 64 * 1024)
    return file.ok ? file.text : ''
  })
  return texts.join('\n')
}

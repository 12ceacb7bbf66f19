import type { Note } from '../plan.ts'
import type { PlanContext } from '../provider.ts'
import { override } from '../settings.ts'
import { buildScriptsOf } from './build-scripts.ts'
import { type Found, frameworkOf } from './frameworks/all.ts'
import { type Install, planInstall } from './install.ts'
import { type Linker, linkerOf } from './linker.ts'
import type { Manager } from './manager-choice.ts'
import { COMMANDS, type ManagerCommands } from './manager-commands.ts'
import type { PackageJson } from './package-json.ts'
import { builtMembers, inFolder, type Place, relevantFiles } from './place.ts'

/** Everything that was read of the app, before anything is decided. */
export interface NodeApp {
  readonly context: PlanContext
  readonly place: Place
  readonly pkg: PackageJson
  readonly manager: Manager
  readonly commands: ManagerCommands
  readonly linker: Linker
  readonly framework: Found | null
  readonly install: Install
  /** The app's dependencies, or a lock, give an install something to do. */
  readonly installs: boolean
  /** Commands of the build step; none: there is no build step. */
  readonly build: readonly string[]
  /** Names of the scripts that they run, for a look at what they need. */
  readonly scripts: readonly string[]
  /** What of the source counts for it. */
  readonly files: string[]
  readonly notes: readonly Note[]
}

export function describeApp(context: PlanContext, place: Place, manager: Manager): NodeApp {
  const { pkg, rootPkg } = place
  const linker = linkerOf(place.root, manager)
  const install = planInstall({ ...context, view: place.root }, rootPkg, manager, linker)
  const framework = frameworkOf(place)
  const wanted =
    [rootPkg, pkg].some(
      (one) => Object.keys(one.dependencies).length + Object.keys(one.devDependencies).length > 0,
    ) || install.members.length > 0
  const built = buildCommands(context, place, manager, framework)
  return {
    context,
    place,
    pkg,
    manager,
    commands: COMMANDS[manager.name],
    linker,
    framework,
    install,
    installs: wanted || manager.lock !== null,
    build: [...install.lifecycle, ...built.commands],
    scripts: built.scripts,
    files: relevantFiles(place, manager.name),
    notes: manager.notes,
  }
}

interface Commands {
  readonly commands: readonly string[]
  readonly scripts: readonly string[]
}

function buildCommands(
  { settings }: PlanContext,
  place: Place,
  manager: Manager,
  framework: Found | null,
): Commands {
  const { folder, pkg, root, rootPkg } = place
  const set = override(settings, 'SKYPANEL_BUILD_CMD')
  if (set !== null) return { commands: [subshell(folder, set.value)], scripts: [] }
  const { runner, runIn } = COMMANDS[manager.name]
  const own = buildScriptsOf(pkg)
  const fallback = framework?.output.build
  if (folder === '.') {
    if (own.length > 0) return { commands: own.map((name) => `${runner} ${name}`), scripts: own }
    return { commands: fallback === undefined ? [] : [program(manager, place, fallback)], scripts: [] }
  }
  const last = own.length > 0 || fallback === undefined ? [] : [subshell(folder, fallback)]
  if (own.length > 0 && root.exists('turbo.json') && pkg.name !== null && has(rootPkg, 'turbo')) {
    return {
      commands: [`turbo run ${own.join(' ')} --filter=${pkg.name} --cache-dir=/cache/turbo --env-mode=loose`],
      scripts: own,
    }
  }
  // Without a tool that knows the order: those that the app needs first.
  const commands = builtMembers(place, manager.name).flatMap((member) =>
    (member.folder === folder ? own : buildScriptsOf(member.pkg)).map((name) => runIn(member.folder, name)),
  )
  const nx = nxTarget(place)
  return { commands: nx === null ? [...commands, ...last] : [nx], scripts: own }
}

/** Nx apps have targets instead of scripts. */
function nxTarget({ root, rootPkg, folder, view, pkg }: Place): string | null {
  if (!root.exists('nx.json') || !has(rootPkg, 'nx') || buildScriptsOf(pkg).length > 0) return null
  const file = view.read('project.json')
  const name = file.ok ? /"name"\s*:\s*"([\w@/.-]+)"/.exec(file.text)?.[1] : (pkg.name ?? undefined)
  return name === undefined || folder === '.' ? null : `nx run ${name}:build`
}

const has = (pkg: PackageJson, name: string): boolean =>
  name in pkg.devDependencies || name in pkg.dependencies

function subshell(folder: string, command: string): string {
  return folder === '.' ? command : `(${inFolder(folder, command)})`
}

/** With packages in archives there is no folder of programs. */
function program(manager: Manager, { root }: Place, command: string): string {
  return linkerOf(root, manager) === 'pnp' ? `yarn ${command}` : command
}

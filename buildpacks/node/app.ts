import type { Note } from '../plan.ts'
import type { PlanContext } from '../provider.ts'
import { buildCommands } from './build-commands.ts'
import { type Found, frameworkOf } from './frameworks/all.ts'
import { type Install, planInstall } from './install.ts'
import { type Linker, linkerOf } from './linker.ts'
import type { Manager } from './manager-choice.ts'
import { COMMANDS, type ManagerCommands } from './manager-commands.ts'
import type { PackageJson } from './package-json.ts'
import { nxOutput } from './nx.ts'
import { type Place, relevantFiles } from './place.ts'

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
  const framework = foundIn(place)
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

/** What Nx is told to make outweighs what the app's files look like. */
function foundIn(place: Place): Found | null {
  const said =
    place.folder === '.' || !place.root.exists('nx.json') ? null : nxOutput(place.root, place.folder)
  return said === null ? frameworkOf(place) : { name: 'Nx', output: said }
}

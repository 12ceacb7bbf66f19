import { inFolder } from '../member.ts'
import type { PlanContext } from '../provider.ts'
import { override } from '../settings.ts'
import { buildScriptsOf } from './build-scripts.ts'
import type { Found } from './frameworks/all.ts'
import { linkerOf } from './linker.ts'
import type { Manager } from './manager-choice.ts'
import { COMMANDS } from './manager-commands.ts'
import { moonBuilds, moonCommand, usesMoon } from './moon.ts'
import { nxBuilds, nxProjects } from './nx.ts'
import { hasDependency } from './package-json.ts'
import type { Place } from './place.ts'
import { neededBy, type Project } from './project-graph.ts'

export interface BuildCommands {
  readonly commands: readonly string[]
  /** Names of the scripts that they run, for a look at what they need. */
  readonly scripts: readonly string[]
}

/** What builds the app: said, by its own scripts, by the tool that knows the order of a monorepo, or by its framework. */
export function buildCommands(
  { settings }: PlanContext,
  place: Place,
  manager: Manager,
  framework: Found | null,
): BuildCommands {
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
  if (own.length > 0 && root.exists('turbo.json') && pkg.name !== null && hasDependency(rootPkg, 'turbo')) {
    return {
      commands: [`turbo run ${own.join(' ')} --filter=${pkg.name} --cache-dir=/cache/turbo --env-mode=loose`],
      scripts: own,
    }
  }
  const nx = own.length > 0 ? null : nxCommand(place)
  if (nx !== null) return { commands: [nx], scripts: [] }
  const needed = neededBy({ view: root, rootPkg, manager: manager.name }, folder)
  // Without a tool that knows the order: those that the app needs first.
  const commands = needed.flatMap((project) => {
    const scripts = project.folder === folder ? own : project.pkg === null ? [] : buildScriptsOf(project.pkg)
    if (scripts.length > 0) return scripts.map((name) => runIn(project.folder, name))
    const moon = moonTask(place, project)
    return moon === null ? [] : [moon]
  })
  const moon = commands.some((command) => command.startsWith('moon '))
  return {
    // Moon would download a plugin for each toolchain that it is to manage; here the plan brings them.
    commands: [
      ...(moon ? ['rm -f .moon/toolchain.yml .moon/toolchains.yml'] : []),
      ...commands,
      ...(moon ? ['rm -rf .moon/cache'] : []),
      ...(moonTask(place, needed.at(-1) ?? null) === null ? last : []),
    ],
    scripts: own,
  }
}

/** Nx apps have targets instead of scripts. */
function nxCommand({ root, rootPkg, folder }: Place): string | null {
  const id = hasDependency(rootPkg, 'nx') && nxBuilds(root, folder) ? nxProjects(root).get(folder) : undefined
  return id === undefined ? null : `nx run ${id}:build`
}

/** A Moon project's task, by Moon where the repository brings it, else as it is written. */
function moonTask({ root, rootPkg }: Place, project: Project | null): string | null {
  const { folder, id } = project ?? { folder: '.', id: null }
  if (id === null || !usesMoon(root)) return null
  if (hasDependency(rootPkg, '@moonrepo/cli')) return moonBuilds(root, folder) ? `moon run ${id}:build` : null
  const command = moonCommand(root, folder)
  return command === null ? null : subshell(folder, command)
}

function subshell(folder: string, command: string): string {
  return folder === '.' ? command : `(${inFolder(folder, command)})`
}

/** With packages in archives there is no folder of programs. */
function program(manager: Manager, { root }: Place, command: string): string {
  return linkerOf(root, manager) === 'pnp' ? `yarn ${command}` : command
}

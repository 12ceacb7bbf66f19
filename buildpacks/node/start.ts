import { own } from '../own.ts'
import type { Note } from '../plan.ts'
import { type Refusal, refuse } from '../provider.ts'
import { override } from '../settings.ts'
import type { NodeApp } from './app.ts'
import { buildScriptsOf } from './build-scripts.ts'
import { builtEntry, entryCommand, entryFile } from './entry.ts'
import type { Output } from './frameworks/framework.ts'
import { isNxApp, nxProjects } from './nx.ts'
import type { PackageJson } from './package-json.ts'
import { programOf, resolveScript, scriptCall } from './start-script.ts'

export interface Start {
  readonly ok: true
  /** null: nothing is started by default, the Procfile names what is. */
  readonly web: { readonly command: string; readonly from: string } | null
  /** It is what the framework's output is started with. */
  readonly ofFramework: boolean
  readonly notes: readonly Note[]
}

/** Commands that serve for development; with one of them as `start`, an app that builds files is served as files. */
const DEV_SERVER =
  /^(?:npx )?(?:react-scripts start|vite(?: dev| serve| preview)?(?: |$)|vue-cli-service serve|ng serve|astro (?:dev|preview|start)|webpack(?:-dev-server| serve)|parcel(?: serve)?(?: |$)|next dev|nuxt(?:i)? dev|gatsby develop|vinxi dev|remix (?:vite:)?dev|react-router dev|svelte-kit dev|storybook dev|start-storybook|docusaurus start|vitepress dev|eleventy --serve|expo start|nest start|serve(?: |$)|http-server)/

/** The command behind `start`, as far as it can be followed. */
function startText(pkg: PackageJson): string {
  const script = resolveScript(pkg.scripts, 'start')
  return script.how === 'direct' ? script.command : (pkg.scripts['start'] ?? '').trim()
}

export function startsDevServer(pkg: PackageJson): boolean {
  return DEV_SERVER.test(startText(pkg))
}

/** The start script serves the framework's output, in a way that the plan has a better one for. */
export function startsOutput(pkg: PackageJson, output: Output): boolean {
  return (
    output.instead?.test(startText(pkg).replace(/^(?:\w+=\S+ )*(?:npx |cross-env (?:\w+=\S+ )*)?/, '')) ??
    false
  )
}

/** What runs as `web`: the start script without its package manager, a framework's server, or the main file. */
export function startOf(app: NodeApp): Start | Refusal {
  const { context, pkg, framework } = app
  const { settings, procfile, view } = context
  if (procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null)
    return { ok: true, web: null, ofFramework: false, notes: [] }
  const script = (pkg.scripts['start'] ?? '').trim()
  const output = framework?.output ?? null
  // A framework's server is there only once it was built.
  const server = output?.kind === 'server' && app.build.length > 0 ? output : null
  const command = server?.start ?? null
  const replaced = server !== null && command !== null && (startsDevServer(pkg) || startsOutput(pkg, server))
  if (script !== '' && !replaced) {
    const start = fromScript(app)
    return { ...start, ofFramework: start.web?.command === command }
  }
  if (command !== null) return fromFramework(app, command, script)
  const builds = buildScriptsOf(pkg).length > 0 || override(settings, 'SKYPANEL_BUILD_CMD') !== null
  const file = entryFile(view, pkg) ?? (builds ? builtEntry(pkg) : null)
  if (file !== null) {
    const from =
      pkg.main !== null && file.startsWith(pkg.main.replace(/^\.\//, '')) ? 'package.json#main' : file
    const run = entryCommand(file, pkg, app.manager.name)
    return { ok: true, web: { command: run, from }, ofFramework: false, notes: [] }
  }
  if (Object.keys(procfile).length > 0) return { ok: true, web: null, ofFramework: false, notes: [] }
  return refuse('This Node.js app has nothing to start', startAdvice(app))
}

/** Where the root of a repository only holds others together, one of those is what was meant. */
function startAdvice({ install, place }: NodeApp): string {
  const startable = install.members
    .filter(
      ({ pkg, whole }) =>
        !whole && (pkg.scripts['start'] !== undefined || pkg.scripts['build'] !== undefined),
    )
    .map(({ folder }) => folder)
  const projects = [...nxProjects(place.root).keys()].filter((folder) => isNxApp(place.root, folder))
  if (place.folder === '.' && startable.length + projects.length > 0) {
    const folders = [...new Set([...projects, ...startable])].slice(0, 6)
    return `The apps of this workspace seem to be ${folders.join(', ')}: set SKYPANEL_ROOT=${folders[0] ?? ''} to deploy that one, or add a Procfile.`
  }
  return 'Add a start script to package.json ("scripts": { "start": "node server.js" }), or a Procfile: `web: node server.js`.'
}

function fromFramework(app: NodeApp, command: string, script: string): Start {
  const web = { command: direct(app, command), from: app.framework?.name ?? '' }
  const start = { ok: true, web, ofFramework: true } as const
  if (script === '') return { ...start, notes: [] }
  if (!startsDevServer(app.pkg)) {
    const message = `\`${command}\` is started instead of the start script (${script.slice(0, 60)}): it is made for what the build makes. A Procfile decides otherwise.`
    return { ...start, notes: [{ level: 'info', code: 'node.start.output', message }] }
  }
  const message = `The start script runs a development server (${script.slice(0, 60)}); \`${command}\` is started instead. A Procfile decides otherwise.`
  return { ...start, notes: [{ level: 'warn', code: 'node.start.dev', message }] }
}

/** `nodemon server.js`: a release does not change, so there is nothing to watch. */
const WATCHED = /^(?:nodemon|node --watch) ([\w./-]+\.[cm]?js|\.)$/

function fromScript(app: NodeApp): Start {
  const { pkg, commands } = app
  const from = 'package.json#scripts.start'
  const script = resolveScript(pkg.scripts, 'start', commands.runner)
  if (script.how === 'direct') {
    const watched = WATCHED.exec(script.command)?.[1]
    if (watched === undefined)
      return { ok: true, web: { command: direct(app, script.command), from }, ofFramework: false, notes: [] }
    const message = `The start script watches files (${script.command}); \`node ${watched}\` is started instead.`
    const notes: Note[] = [{ level: 'info', code: 'node.start.watch', message }]
    return { ok: true, web: { command: `node ${watched}`, from }, ofFramework: false, notes }
  }
  const message = `The app is started by ${app.manager.tool.name}, because ${script.why}: it starts slower and may not get signals. A Procfile with the plain command avoids it.`
  const notes: Note[] = [{ level: 'warn', code: 'node.start.npm', message }]
  return { ok: true, web: { command: script.command, from }, ofFramework: false, notes }
}

/** With packages in archives only yarn finds the programs in them. */
function direct({ linker }: NodeApp, command: string): string {
  if (linker !== 'pnp' || ['node', 'yarn', 'npm'].includes(programOf(command))) return command
  return /&&/.test(command)
    ? 'yarn run start'
    : `yarn ${command.replace(/^(?:\.\/)?node_modules\/\.bin\//, '')}`
}

/** Scripts that a Procfile runs by a package manager, resolved as the start script is. As written → as run. */
export function procfileRewrites({ pkg, context, commands, linker }: NodeApp): Record<string, string> {
  const rewrites: Record<string, string> = {}
  if (linker === 'pnp') return rewrites
  for (const { command } of Object.values(context.procfile)) {
    if (scriptCall(pkg.scripts, command) === null) continue
    // No script can have this name, so none is hidden by it.
    const script = resolveScript({ ...pkg.scripts, '': command }, '', commands.runner)
    if (script.how === 'direct' && script.command !== command) rewrites[command] = script.command
  }
  return rewrites
}

/** Packages whose command has another name. */
const PROGRAMS: Readonly<Record<string, string>> = {
  nest: '@nestjs/cli',
  tsc: 'typescript',
  'babel-node': '@babel/node',
  strapi: '@strapi/strapi',
  'remix-serve': '@remix-run/serve',
}

/** The development dependency that a process is started with; npm would remove it from the release. */
export function startsFromDevDependency(pkg: PackageJson, commands: readonly string[]): string | null {
  for (const command of commands) {
    const program = programOf(command)
    const owner = own(PROGRAMS, program) ?? program
    if (Object.hasOwn(pkg.devDependencies, owner) && !Object.hasOwn(pkg.dependencies, owner)) return owner
  }
  return null
}

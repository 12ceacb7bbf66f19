import { own } from '../own.ts'
import type { Note } from '../plan.ts'
import { type PlanContext, type Refusal, refuse } from '../provider.ts'
import { override } from '../settings.ts'
import { shellWord } from '../shell-word.ts'
import { buildScriptsOf } from './build-scripts.ts'
import { builtEntry, entryFile } from './entry.ts'
import type { ServerFramework } from './frameworks/server-start.ts'
import type { PackageJson } from './package-json.ts'
import { programOf, resolveScript } from './start-script.ts'

export interface Start {
  readonly ok: true
  /** null: nothing is started by default, the Procfile names what is. */
  readonly web: { readonly command: string; readonly from: string } | null
  readonly notes: readonly Note[]
}

/** Commands that serve for development; with one of them as `start`, an app that builds files is served as files. */
const DEV_SERVER =
  /^(?:npx )?(?:react-scripts start|vite(?: dev| serve| preview)?(?: |$)|vue-cli-service serve|ng serve|astro (?:dev|preview|start)|webpack(?:-dev-server| serve)|parcel(?: serve)?(?: |$)|next dev|nuxt dev|serve(?: |$)|http-server)/

export function startsDevServer(pkg: PackageJson): boolean {
  const script = resolveScript(pkg.scripts, 'start')
  return DEV_SERVER.test(script.how === 'direct' ? script.command : (pkg.scripts['start'] ?? ''))
}

/** What runs as `web`: the start script without npm, a framework's server, or the main file. */
export function startOf(
  { view, settings, procfile }: PlanContext,
  pkg: PackageJson,
  framework: ServerFramework | null,
): Start | Refusal {
  if (procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null)
    return { ok: true, web: null, notes: [] }
  const script = (pkg.scripts['start'] ?? '').trim()
  if (script !== '' && !(framework !== null && startsDevServer(pkg))) return fromScript(pkg)
  if (framework !== null) return fromFramework(framework, script)
  const builds = buildScriptsOf(pkg).length > 0 || override(settings, 'SKYPANEL_BUILD_CMD') !== null
  const built = builds ? builtEntry(pkg) : null
  const file = entryFile(view, pkg) ?? built
  if (file !== null) {
    return {
      ok: true,
      web: {
        command: `node ${shellWord(file)}`,
        from:
          pkg.main !== null && file.startsWith(pkg.main.replace(/^\.\//, '')) ? 'package.json#main' : file,
      },
      notes: [],
    }
  }
  if (Object.keys(procfile).length > 0) return { ok: true, web: null, notes: [] }
  return refuse(
    'This Node.js app has nothing to start',
    'Add a start script to package.json ("scripts": { "start": "node server.js" }), or a Procfile: `web: node server.js`.',
  )
}

function fromFramework(framework: ServerFramework, script: string): Start {
  const web = { command: framework.start, from: framework.name }
  if (script === '') return { ok: true, web, notes: [] }
  const message = `The start script runs a development server (${script.slice(0, 60)}); \`${framework.start}\` is started instead. A Procfile decides otherwise.`
  return { ok: true, web, notes: [{ level: 'warn', code: 'node.start.dev', message }] }
}

function fromScript(pkg: PackageJson): Start {
  const script = resolveScript(pkg.scripts, 'start')
  const web = { command: script.command, from: 'package.json#scripts.start' }
  if (script.how === 'direct') return { ok: true, web, notes: [] }
  const message = `The app is started by npm, because ${script.why}: it starts slower and may not get signals. A Procfile with the plain command avoids it.`
  return { ok: true, web, notes: [{ level: 'warn', code: 'node.start.npm', message }] }
}

/** `npm start` and `npm run x` of a Procfile, resolved as the start script is. As written → as run. */
export function procfileRewrites(
  pkg: PackageJson,
  procfile: PlanContext['procfile'],
): Record<string, string> {
  const rewrites: Record<string, string> = {}
  for (const { command } of Object.values(procfile)) {
    if (!/^npm (?:start|run|run-script)\b/.test(command)) continue
    // No script can have this name, so none is hidden by it.
    const script = resolveScript({ ...pkg.scripts, '': command }, '')
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

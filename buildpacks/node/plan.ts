import { own } from '../own.ts'
import type { BuildPlan, Note, Step } from '../plan.ts'
import type { LanguagePlan, PlanContext, Refusal } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { readStaticfile, type Staticfile } from '../staticfile.ts'
import { STATIC_FOLDER, STATIC_STEP, serveStatic } from '../static-site.ts'
import { buildScriptsOf } from './build-scripts.ts'
import { buildStep, type NodeApp } from './build-step.ts'
import { type ServerFramework, serverFramework } from './frameworks/server-start.ts'
import { type StaticOutput, staticOutput } from './frameworks/static-output.ts'
import { NPM_CACHE, planInstall } from './install.ts'
import { type NpmLock, readLock } from './lock.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'
import { type Start, procfileRewrites, startOf, startsDevServer, startsFromDevDependency } from './start.ts'
import { versions } from './versions.ts'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const read = readPackageJson(context.view)
  if (!read.ok) return read
  const { pkg } = read
  const lock = readLock(context.view, pkg)
  if (!lock.ok) return lock
  const asked = versions(context, pkg, lock.version)
  if (!asked.ok) return asked
  const staticfile = readStaticfile(context.view)
  if (staticfile !== null && !staticfile.ok) return staticfile
  const app = describe(context, pkg, lock)
  const site = siteOf(app, staticfile)
  if (site !== null) return sitePlan(app, site, asked.tools)
  const framework = app.build.length > 0 ? serverFramework(pkg) : null
  const start = startOf(context, pkg, framework)
  return start.ok ? serverPlan(app, start, framework, asked.tools) : start
}

function describe(context: PlanContext, pkg: PackageJson, lock: NpmLock): NodeApp {
  const install = planInstall(context, pkg, lock)
  const set = override(context.settings, 'SKYPANEL_BUILD_CMD')
  const build = set === null ? buildScriptsOf(pkg).map((name) => `npm run ${name}`) : [set.value]
  const wanted =
    Object.keys(pkg.dependencies).length + Object.keys(pkg.devDependencies).length + pkg.workspaces.length > 0
  return {
    context,
    pkg,
    lock,
    install,
    installs: wanted || lock.file !== null,
    build: [...install.lifecycle, ...build],
  }
}

/** The files that the build makes, when they are all there is to serve and nobody says otherwise. */
function siteOf({ context, pkg, build }: NodeApp, staticfile: Staticfile | null): StaticOutput | null {
  const { procfile, settings, view } = context
  if (
    build.length === 0 ||
    procfile['web'] !== undefined ||
    override(settings, 'SKYPANEL_START_CMD') !== null
  )
    return null
  if ((pkg.scripts['start'] ?? '').trim() !== '' && !startsDevServer(pkg)) return null
  if (staticfile?.root != null) {
    return {
      framework: 'Staticfile',
      dir: staticfile.root,
      indexFallback: staticfile.indexFallback,
      immutable: [],
    }
  }
  return staticOutput(view, pkg)
}

function sitePlan(app: NodeApp, site: StaticOutput, tools: LanguagePlan['tools']): LanguagePlan {
  const parts = serveStatic(site, site.framework)
  const check = `test -d ${site.dir} || { echo "The build made no folder ${site.dir}, which is to be served. Name the right one in a Staticfile: root: FOLDER" >&2; exit 1; }`
  const built = buildStep(app, null, [check])
  return {
    ok: true,
    tools: [...tools.map((tool) => ({ ...tool, phase: ['build' as const] })), parts.tool],
    steps: [...(app.installs ? [app.install.all] : []), built.step, parts.step],
    caches: NPM_CACHE,
    include: [
      { step: 'build', paths: [site.dir] },
      { step: STATIC_STEP, paths: [STATIC_FOLDER] },
    ],
    env: parts.env,
    static: { dir: site.dir, indexFallback: site.indexFallback },
    processes: { web: parts.process },
    notes: [...lockNotes(app), ...built.notes],
  }
}

function serverPlan(
  app: NodeApp,
  start: Start,
  framework: ServerFramework | null,
  tools: LanguagePlan['tools'],
): LanguagePlan {
  const { pkg, install, context } = app
  const rewrites = procfileRewrites(pkg, context.procfile)
  const commands = [
    start.web?.command,
    ...Object.values(context.procfile).map(({ command }) => own(rewrites, command) ?? command),
    override(context.settings, 'SKYPANEL_START_CMD')?.value,
  ]
  const needed = startsFromDevDependency(
    pkg,
    commands.filter((command) => command !== undefined),
  )
  const keepDev = needed !== null || flag(context.settings, 'NPM_CONFIG_PRODUCTION') === false
  const built = app.build.length > 0 ? buildStep(app, framework, []) : null
  const hasDev = Object.keys(pkg.devDependencies).length > 0 || pkg.workspaces.length > 0
  const steps: Step[] = []
  const include: BuildPlan['release']['include'] = [
    { step: built === null ? 'source' : 'build', paths: ['.'] },
  ]
  if (app.installs && built === null) {
    steps.push(keepDev ? install.all : install.production)
    include.push({ step: 'install', paths: ['.'] })
  } else if (app.installs) {
    const separate = hasDev && !keepDev
    steps.push(install.all, ...(separate ? [{ ...install.production, name: 'install-production' }] : []))
    include.push({ step: separate ? 'install-production' : 'install', paths: ['.'] })
  }
  if (built !== null) steps.push(built.step)
  const devNote: Note[] =
    needed === null
      ? []
      : [
          {
            level: 'warn',
            code: 'node.start.devdep',
            message: `${needed} starts the app, but is a development dependency, so all of those are shipped. Move it to dependencies.`,
          },
        ]
  const cache =
    built !== null && framework?.cache != null
      ? { [framework.cache.name]: { dir: `/cache/${framework.cache.name}`, scope: 'app+branch' as const } }
      : {}
  return {
    ok: true,
    tools,
    steps,
    caches: { ...(app.installs ? NPM_CACHE : {}), ...cache },
    include,
    env: { NODE_ENV: 'production', PATH_PREPEND: '/app/node_modules/.bin', ...framework?.runEnv },
    static: null,
    processes: start.web === null ? {} : { web: start.web },
    rewrites,
    notes: [
      ...lockNotes(app),
      ...(built?.notes ?? []),
      ...devNote,
      ...start.notes,
      ...rewriteNotes(rewrites),
    ],
  }
}

function lockNotes({ lock, installs }: NodeApp): Note[] {
  if (!installs || lock.file !== null) return []
  const message =
    'There is no package-lock.json, so each install may bring other versions. Run `npm install` and commit it.'
  return [{ level: 'warn', code: 'node.lock.missing', message }]
}

function rewriteNotes(rewrites: Readonly<Record<string, string>>): Note[] {
  return Object.entries(rewrites).map(([written, run]) => ({
    level: 'info',
    code: 'node.start.direct',
    message: `\`${written}\` of the Procfile is run as \`${run}\`: it starts faster, and the app gets its signals.`,
  }))
}

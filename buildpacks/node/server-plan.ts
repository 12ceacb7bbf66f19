import { inFolder, rewritesIn } from '../member.ts'
import { own } from '../own.ts'
import type { BuildPlan, Note, Step } from '../plan.ts'
import type { LanguagePlan } from '../provider.ts'
import { flag, override } from '../settings.ts'
import type { NodeApp } from './app.ts'
import { binPath, buildStep } from './build-step.ts'
import type { ServerOutput } from './frameworks/framework.ts'
import { pnpRunEnv } from './linker.ts'
import { lockNotes } from './lock-notes.ts'
import { below } from './place.ts'
import { procfileRewrites, type Start, startsFromDevDependency } from './start.ts'

export function serverPlan(app: NodeApp, start: Start, tools: LanguagePlan['tools']): LanguagePlan {
  const { pkg, context, place, framework } = app
  const output: ServerOutput | null = framework?.output.kind === 'server' ? framework.output : null
  const direct = procfileRewrites(app)
  const set = override(context.settings, 'SKYPANEL_START_CMD')
  const commands = [
    start.web?.command,
    ...Object.values(context.procfile).map(({ command }) => own(direct, command) ?? command),
    set?.value,
  ].filter((command) => command !== undefined)
  const needed = startsFromDevDependency(pkg, commands)
  const keepDev = needed !== null || flag(context.settings, 'NPM_CONFIG_PRODUCTION') === false
  const built = app.build.length > 0 ? buildStep(app, output?.after ?? []) : null
  // What holds all it needs is shipped alone, unless the app has other processes besides.
  const alone =
    built !== null &&
    start.ofFramework &&
    output?.ships !== undefined &&
    Object.keys(context.procfile).length === 0
      ? output.ships.map((path) => below(place.folder, path))
      : null
  const parts = dependencySteps(app, keepDev, built !== null || context.tests === true, alone !== null)
  return {
    ok: true,
    tools,
    steps: [...parts.steps, ...(built === null ? [] : [built.step])],
    caches: { ...(app.installs ? app.commands.caches : {}), ...built?.caches },
    include: [
      { step: built === null ? 'source' : 'build', paths: alone ?? (built === null ? app.files : ['.']) },
      ...parts.include,
    ],
    env: {
      NODE_ENV: 'production',
      ...binPath(app),
      ...(app.linker === 'pnp' ? pnpRunEnv(pkg.esm || place.rootPkg.esm) : {}),
      ...output?.runEnv,
    },
    static: null,
    processes:
      start.web === null ? {} : { web: { ...start.web, command: inFolder(place.folder, start.web.command) } },
    rewrites: rewritesIn(place.folder, context, direct),
    notes: [
      ...lockNotes(app),
      ...(built?.notes ?? []),
      ...devNotes(needed, parts.prunes),
      ...start.notes,
      ...rewriteNotes(direct),
    ],
  }
}

interface Parts {
  readonly steps: Step[]
  readonly include: BuildPlan['release']['include']
  /** Development dependencies are left out. */
  readonly prunes: boolean
}

/**
 * With a build, everything is installed for it, and beside it, at the same time and from the same cache, what the
 * release ships: taking packages away from a copy costs as much and comes later.
 */
function dependencySteps(app: NodeApp, keepDev: boolean, builds: boolean, alone: boolean): Parts {
  const { install, pkg, place, installs } = app
  if (!installs) return { steps: [], include: [], prunes: true }
  const hasDev =
    Object.keys(pkg.devDependencies).length + Object.keys(place.rootPkg.devDependencies).length > 0 ||
    install.members.length > 0
  const production = keepDev ? null : install.production
  if (alone) return { steps: [install.all], include: [], prunes: true }
  if (!builds)
    return {
      steps: [production ?? install.all],
      include: [{ step: 'install', paths: ['.'] }],
      prunes: production !== null,
    }
  if (production === null || !hasDev)
    return { steps: [install.all], include: [{ step: 'install', paths: ['.'] }], prunes: !hasDev }
  return {
    steps: [install.all, { ...(install.pruned ?? production), name: 'install-production' }],
    include: [{ step: 'install-production', paths: ['.'] }],
    prunes: true,
  }
}

function devNotes(needed: string | null, prunes: boolean): Note[] {
  if (needed === null || prunes) return []
  const message = `${needed} starts the app, but is a development dependency, so all of those are shipped. Move it to dependencies.`
  return [{ level: 'warn', code: 'node.start.devdep', message }]
}

function rewriteNotes(rewrites: Readonly<Record<string, string>>): Note[] {
  return Object.entries(rewrites).map(([written, run]) => ({
    level: 'info',
    code: 'node.start.direct',
    message: `\`${written}\` of the Procfile is run as \`${run}\`: it starts faster, and the app gets its signals.`,
  }))
}

import type { Note, Step } from '../plan.ts'
import { type PlanContext, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { buildScriptsOf, fetchingScript } from './build-scripts.ts'
import type { ServerFramework } from './frameworks/server-start.ts'
import { type Install, NPM_ENV } from './install.ts'
import type { NpmLock } from './lock.ts'
import type { PackageJson } from './package-json.ts'

/** Everything that was read of the app, before anything is decided. */
export interface NodeApp {
  readonly context: PlanContext
  readonly pkg: PackageJson
  readonly lock: NpmLock
  readonly install: Install
  /** The app's dependencies, or a lock, give an install something to do. */
  readonly installs: boolean
  /** Commands of the build step; none: there is no build step. */
  readonly build: readonly string[]
}

/** Builds offline, unless a script seems to fetch something or the app says so. */
export function buildStep(
  app: NodeApp,
  framework: ServerFramework | null,
  after: readonly string[],
): { step: Step; notes: Note[] } {
  const { context, pkg, build } = app
  const said = flag(context.settings, 'SKYPANEL_BUILD_NETWORK')
  const fetching = said === null ? fetchesBy(app) : null
  const network = said ?? fetching !== null
  const cache = framework?.cache ?? null
  // The cache lies outside of /app, so that it is neither shipped nor part of a key.
  const linked =
    cache === null
      ? []
      : [`mkdir -p ${cache.folder.replace(/\/[^/]+$/, '')} && ln -sfn /cache/${cache.name} ${cache.folder}`]
  const unlinked = cache === null ? [] : [`rm -f ${cache.folder}`]
  const notes: Note[] =
    fetching === null
      ? []
      : [
          {
            level: 'info',
            code: 'node.build.network',
            message: `The build has network access, because ${fetching} seems to need it. SKYPANEL_BUILD_NETWORK=0 takes it away.`,
          },
        ]
  return {
    step: step({
      name: 'build',
      needs: app.installs ? ['install'] : [],
      files: ['.'],
      commands: [...linked, ...build, ...unlinked, ...after],
      env: { ...NPM_ENV, NODE_ENV: 'production', ...framework?.buildEnv },
      network,
      secrets: ['*'],
      caches: ['npm', ...(cache === null ? [] : [cache.name])].filter((name) => name !== 'npm' || network),
      outputs: ['.'],
    }),
    notes:
      pkg.scripts['heroku-postbuild'] !== undefined && pkg.scripts['build'] !== undefined
        ? [...notes, postbuildNote()]
        : notes,
  }
}

function fetchesBy({ context, pkg, install }: NodeApp): string | null {
  const set = override(context.settings, 'SKYPANEL_BUILD_CMD')
  const names = set === null ? buildScriptsOf(pkg) : []
  const lifecycle = install.lifecycle.map((command) => command.replace(/^.* run /, ''))
  const script = fetchingScript(
    { ...pkg, scripts: { ...pkg.scripts, ...(set === null ? {} : { SKYPANEL_BUILD_CMD: set.value }) } },
    [...names, ...lifecycle, ...(set === null ? [] : [set.name])],
  )
  return script === null ? null : `script "${script}"`
}

function postbuildNote(): Note {
  return {
    level: 'info',
    code: 'node.build.postbuild',
    message: 'heroku-postbuild runs instead of build, as on Heroku.',
  }
}

import { posix } from 'node:path'
import type { BuildPlan, Note, Step } from '../plan.ts'
import { step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import type { NodeApp } from './app.ts'
import { fetchingScript } from './build-scripts.ts'
import { managerEnv } from './install.ts'
import { usesMoon } from './moon.ts'
import { below } from './place.ts'

/** Builds offline, unless a script seems to fetch something or the app says so. */
export function buildStep(
  app: NodeApp,
  after: readonly string[],
): { step: Step; notes: Note[]; caches: BuildPlan['caches'] } {
  const { context, pkg, build, place } = app
  const output = app.framework?.output
  const said = flag(context.settings, 'SKYPANEL_BUILD_NETWORK')
  const needs =
    output?.kind === 'server' && output.network === true ? `${app.framework?.name ?? ''}'s build` : null
  const fetching = said === null ? (needs ?? fetchesBy(app)) : null
  const network = said ?? fetching !== null
  const cache = output?.cache ?? null
  const folder = cache === null ? '' : below(place.folder, cache.folder)
  const turbo = build.some((command) => command.startsWith('turbo '))
  const names = [
    ...(network ? Object.keys(app.commands.caches) : []),
    ...(cache === null ? [] : [cache.name]),
    ...(turbo ? ['turbo'] : []),
  ]
  return {
    step: step({
      name: 'build',
      needs: app.installs ? ['install'] : [],
      files: app.files,
      commands: [
        // The cache lies outside of /app, so that it is neither shipped nor part of a key.
        ...(cache === null
          ? []
          : [
              `mkdir -p ${posix.dirname(folder)} && rm -rf ${folder} && ln -sfn /cache/${cache.name} ${folder}`,
            ]),
        ...build,
        ...(cache === null ? [] : [`rm -f ${folder}`]),
        ...after,
      ],
      env: {
        ...managerEnv(app.manager, app.linker),
        ...binPath(app),
        NODE_ENV: 'production',
        ...(turbo ? { TURBO_TELEMETRY_DISABLED: '1' } : {}),
        ...(place.root.exists('nx.json')
          ? {
              NX_DAEMON: 'false',
              NX_NO_CLOUD: 'true',
              NX_TUI: 'false',
              // It would open a terminal, and a build has none.
              NX_NATIVE_COMMAND_RUNNER: 'false',
              NX_CACHE_DIRECTORY: '/tmp/nx',
              NX_WORKSPACE_DATA_DIRECTORY: '/tmp/nx-data',
            }
          : {}),
        ...(usesMoon(place.root) ? { MOON_TOOLCHAIN_FORCE_GLOBALS: 'true', CI: 'true' } : {}),
        ...output?.buildEnv,
      },
      network,
      secrets: ['*'],
      caches: names,
      outputs: ['.'],
    }),
    notes: [
      ...(fetching === null ? [] : [networkNote(fetching)]),
      ...(pkg.scripts['heroku-postbuild'] !== undefined && pkg.scripts['build'] !== undefined
        ? [postbuildNote()]
        : []),
    ],
    caches: Object.fromEntries(
      names
        .filter((name) => !(name in app.commands.caches))
        .map((name) => [name, { dir: `/cache/${name}`, scope: 'app+branch' as const }]),
    ),
  }
}

/** Programs of the app's own dependencies come before those of the workspace. */
export function binPath({ place }: NodeApp): Record<string, string> {
  const root = '/app/node_modules/.bin'
  return { PATH_PREPEND: place.folder === '.' ? root : `/app/${place.folder}/node_modules/.bin:${root}` }
}

function fetchesBy({ context, pkg, install, commands, scripts }: NodeApp): string | null {
  const set = override(context.settings, 'SKYPANEL_BUILD_CMD')
  const lifecycle = install.lifecycle
    .filter((command) => command.startsWith(commands.runner))
    .map((command) => command.slice(commands.runner.length + 1))
  const script = fetchingScript(
    { ...pkg, scripts: { ...pkg.scripts, ...(set === null ? {} : { SKYPANEL_BUILD_CMD: set.value }) } },
    [...scripts, ...lifecycle, ...(set === null ? [] : [set.name])],
  )
  return script === null ? null : `script "${script}"`
}

function networkNote(what: string): Note {
  return {
    level: 'info',
    code: 'node.build.network',
    message: `The build has network access, because ${what} seems to need it. SKYPANEL_BUILD_NETWORK=0 takes it away.`,
  }
}

function postbuildNote(): Note {
  return {
    level: 'info',
    code: 'node.build.postbuild',
    message: 'heroku-postbuild runs instead of build, as on Heroku.',
  }
}

import type { FileView } from '../file-view.ts'
import type { BuildPlan, Step } from '../plan.ts'
import { type PlanContext, step } from '../provider.ts'
import { shellWord } from '../shell-word.ts'
import { parsed, tableOf } from '../tool-files.ts'
import { own } from '../own.ts'
import { having, type How, type InstallParts, textOf } from './install-parts.ts'
import { byUv } from './install-uv.ts'

export const VENV_BIN = '/app/.venv/bin'

export interface PythonInstall {
  readonly step: Step
  /** Makes the app itself a package of its environment; the start of the build. */
  readonly own: readonly string[]
  /** Environment of a build that calls the installer. */
  readonly env: Readonly<Record<string, string>>
  readonly caches: BuildPlan['caches']
}

// Packages carry templates and tests that are not meant to compile; those are no failure of the app.
const COMPILE = '.venv/bin/python -m compileall -qq --invalidation-mode unchecked-hash .venv || true'
const PIP = '/usr/bin/python3 -m pip --python .venv/bin/python install --no-compile --progress-bar off'
const PIP_ENV = { PIP_CACHE_DIR: '/cache/pip', PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' }

/**
 * A virtual environment at its final place, so nothing has to be relocated. Byte code is not checked against times:
 * files in the store all have the same, and Python would compile everything again at each start.
 */
export function planInstall(context: PlanContext, parts: InstallParts): PythonInstall {
  const { python, added } = parts
  const how = installation(context, parts)
  // The stack's pip installs into the environment: one of its own would take seconds to unpack, and be shipped.
  const make = `${python.program} -m venv --without-pip .venv`
  const server = added === null || how.servesAdded ? [] : [`${PIP} ${added}`]
  const commands = [...how.commands, ...server]
  const caches = [...new Set([...how.caches, ...(server.length > 0 ? ['pip'] : [])])]
  return {
    step: step({
      name: 'install',
      files: [...how.files],
      commands: commands.length === 0 ? [make] : [make, ...commands, COMPILE],
      env: { ...PIP_ENV, ...how.env, PATH_PREPEND: VENV_BIN },
      network: commands.length > 0,
      secrets: [...parts.requirements.variables],
      caches,
      outputs: ['.venv'],
    }),
    own: how.own,
    env: how.env,
    caches: Object.fromEntries(
      caches.map((name) => [name, { dir: `/cache/${name}`, scope: 'app' as const }]),
    ),
  }
}

function installation(context: PlanContext, parts: InstallParts): How {
  switch (parts.installer.name) {
    case 'none':
      return { commands: [], files: [], env: {}, caches: [], own: [] }
    case 'pip':
      return byPip(parts)
    case 'project':
      return byProject(context.view, parts)
    case 'uv':
      return byUv(context, parts)
    case 'poetry':
      return byPoetry(context.view, parts)
    case 'pdm':
      return byPdm(context.view, parts)
    case 'pipenv':
      return byPipenv(context.view, parts)
  }
}

function byPip({ requirements, added }: InstallParts): How {
  const [first] = requirements.files
  const wanted = [...(first === undefined ? [] : ['-r', first]), ...(added === null ? [] : [added])]
  return {
    commands: wanted.length === 0 ? [] : [`${PIP} ${wanted.join(' ')}`],
    files: requirements.local ? ['.'] : requirements.files,
    env: {},
    caches: ['pip'],
    own: [],
    servesAdded: true,
  }
}

/** The dependencies by themselves, so that a change of source leaves them; then the app over them, without a network. */
function byProject(view: FileView, { project, installer }: InstallParts): How {
  const readable = installer.file === 'pyproject.toml' && !project.dynamic
  if (!readable) return { commands: [`${PIP} .`], files: ['.'], env: {}, caches: ['pip'], own: [] }
  const wanted = [...project.dependencies, ...project.backend].map(shellWord)
  // Backends other than setuptools need one more package to point at the source.
  const editable = project.backend.some((one) => /hatchling|uv_build/.test(one)) ? ['editables'] : []
  return {
    commands: wanted.length === 0 ? [] : [`${PIP} ${[...wanted, ...editable].join(' ')}`],
    files: ['pyproject.toml', ...having(view, '.python-version')],
    env: {},
    caches: ['pip'],
    own:
      project.backend.length > 0 && project.needsInstall
        ? [`${PIP} --no-deps --no-build-isolation --no-index -e .`]
        : [],
  }
}

function byPoetry(view: FileView, { project }: InstallParts): How {
  const poetry = tableOf(parsed(view, 'pyproject.toml'), 'tool', 'poetry')
  const local = /\bpath\s*=/.test(textOf(view, 'pyproject.toml'))
  return {
    commands: ['poetry install --only main --no-root --no-interaction --no-ansi'],
    files: local ? ['.'] : having(view, 'pyproject.toml', 'poetry.lock', 'poetry.toml'),
    env: {
      POETRY_VIRTUALENVS_IN_PROJECT: 'true',
      POETRY_CACHE_DIR: '/cache/poetry',
      POETRY_NO_INTERACTION: '1',
      VIRTUAL_ENV: '/app/.venv',
    },
    caches: ['poetry'],
    own:
      project.needsInstall && own(poetry, 'package-mode') !== false
        ? ['poetry install --only-root --no-interaction --no-ansi']
        : [],
  }
}

function byPdm(view: FileView, { installer, project }: InstallParts): How {
  return {
    commands: [
      // It knows pip's setting by another name.
      '[ -z "${PIP_INDEX_URL:-}" ] || export PDM_PYPI_URL="$PIP_INDEX_URL"',
      `pdm ${installer.locked ? 'sync' : 'install'} --prod --no-self --no-editable`,
    ],
    files: having(view, 'pyproject.toml', 'pdm.lock', 'pdm.toml'),
    env: {
      PDM_CHECK_UPDATE: '0',
      PDM_CACHE_DIR: '/cache/pdm',
      VIRTUAL_ENV: '/app/.venv',
      PDM_IGNORE_SAVED_PYTHON: '1',
    },
    caches: ['pdm'],
    own:
      project.needsInstall && project.backend.length > 0
        ? ['echo /app/src > .venv/lib/python3*/site-packages/app.pth']
        : [],
  }
}

function byPipenv(view: FileView, { installer }: InstallParts): How {
  return {
    commands: [`pipenv ${installer.locked ? 'install --deploy' : 'install --skip-lock'}`],
    files: having(view, 'Pipfile', 'Pipfile.lock'),
    env: {
      PIPENV_VENV_IN_PROJECT: '1',
      PIPENV_NOSPIN: '1',
      PIPENV_VERBOSITY: '-1',
      PIPENV_CACHE_DIR: '/cache/pipenv',
      VIRTUAL_ENV: '/app/.venv',
    },
    caches: ['pip', 'pipenv'],
    own: [],
  }
}

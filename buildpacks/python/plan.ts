import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type Django, readDjango } from './django.ts'
import { readRequirements, type Requirements } from './requirements.ts'
import { type PythonStart, pythonStart } from './start.ts'
import { versions } from './versions.ts'

const OTHERS: readonly { file: string; manager: string; advice: string }[] = [
  { file: 'uv.lock', manager: 'uv', advice: 'uv export --no-dev --no-hashes > requirements.txt' },
  { file: 'poetry.lock', manager: 'Poetry', advice: 'poetry export -o requirements.txt' },
  { file: 'pdm.lock', manager: 'PDM', advice: 'pdm export -o requirements.txt' },
  { file: 'Pipfile', manager: 'Pipenv', advice: 'pipenv requirements > requirements.txt' },
  { file: 'pyproject.toml', manager: 'pyproject.toml', advice: 'pip freeze > requirements.txt' },
]
const PATH = '/app/.venv/bin'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, procfile } = context
  const requirements = readRequirements(view)
  if (!requirements.ok) return requirements
  const other = OTHERS.find(({ file }) => view.exists(file))
  if (requirements.files.length === 0 && other !== undefined) {
    return refuse(
      `The dependencies of this app are declared for ${other.manager} (${other.file}), which is not supported yet`,
      `Export them with \`${other.advice}\`, and commit requirements.txt.`,
    )
  }
  const asked = versions(context)
  if (!asked.ok) return asked
  const named = procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null
  const start = named ? null : pythonStart(view, requirements.packages)
  if (start === null && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This Python app has nothing to start',
      'Add a Procfile, as in `web: gunicorn app:app --bind 0.0.0.0:$PORT`, or a main.py that listens on the port in $PORT.',
    )
  }
  const django = requirements.packages.has('django') ? readDjango(view) : null
  const added = start?.server != null && !requirements.packages.has(start.server) ? start.server : null
  const collect = django === null ? null : collectStep(context, django)
  return {
    ok: true,
    tools: asked.tools,
    steps: [installStep(requirements, added), ...(collect === null ? [] : [collect])],
    caches: { pip: { dir: '/cache/pip', scope: 'app' } },
    include: [
      { step: collect === null ? 'source' : 'build', paths: ['.'] },
      { step: 'install', paths: ['.'] },
    ],
    env: { PATH_PREPEND: PATH, PYTHONUNBUFFERED: '1', WEB_CONCURRENCY: '2', LANG: 'C.UTF-8' },
    static: null,
    processes: start === null ? {} : { web: { command: start.command, from: start.from } },
    notes: [
      ...versionNotes(context, asked.patch),
      ...serverNotes(added, start),
      ...otherNotes(requirements, other),
      ...djangoNotes(context, django),
    ],
  }
}

/**
 * A virtual environment at its final place, so nothing has to be relocated. Byte code is not checked against times:
 * files in the store all have the same, and Python would compile everything again at each start.
 */
function installStep(requirements: Requirements, added: string | null): Step {
  const [first] = requirements.files
  const wanted = [...(first === undefined ? [] : ['-r', first]), ...(added === null ? [] : [added])]
  // The stack's pip installs into the environment: one of its own would take seconds to unpack, and be shipped.
  const make = '/usr/bin/python3 -m venv --without-pip .venv'
  const commands =
    wanted.length === 0
      ? [make]
      : [
          make,
          `/usr/bin/python3 -m pip --python .venv/bin/python install --no-compile --progress-bar off ${wanted.join(' ')}`,
          // Packages carry templates and tests that are not meant to compile; those are no failure of the app.
          '.venv/bin/python -m compileall -qq --invalidation-mode unchecked-hash .venv || true',
        ]
  return step({
    name: 'install',
    files: requirements.local ? ['.'] : [...requirements.files],
    commands,
    env: {
      PIP_CACHE_DIR: '/cache/pip',
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_INPUT: '1',
      PATH_PREPEND: PATH,
    },
    network: wanted.length > 0,
    secrets: [...requirements.variables],
    caches: ['pip'],
    outputs: ['.venv'],
  })
}

function collectStep({ settings }: PlanContext, django: Django): Step | null {
  if (!django.collects || flag(settings, 'DISABLE_COLLECTSTATIC') === true) return null
  const move = django.folder === '.' ? [] : [`cd ${django.folder}`]
  return step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [[...move, 'python manage.py collectstatic --noinput'].join(' && ')],
    env: { PATH_PREPEND: PATH, PYTHONUNBUFFERED: '1' },
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['.'],
  })
}

function versionNotes({ manifest }: PlanContext, patch: string | null): Note[] {
  if (patch === null) return []
  const stack = manifest.defaults['stackPython'] ?? ''
  return [
    {
      level: 'info',
      code: 'python.version.patch',
      message: `Python ${patch} was asked for; the stack's ${stack} is used, at its own patch level.`,
    },
  ]
}

function serverNotes(added: string | null, start: PythonStart | null): Note[] {
  if (added === null || start === null) return []
  const message = `${added} serves the app found in ${start.from}, but is not in requirements.txt, so its newest version is installed. Add it there with a version.`
  return [{ level: 'warn', code: 'python.server.added', message }]
}

function otherNotes(requirements: Requirements, other: { file: string } | undefined): Note[] {
  if (requirements.files.length === 0 || other === undefined || other.file === 'pyproject.toml') return []
  return [
    {
      level: 'info',
      code: 'python.manager.ignored',
      message: `requirements.txt is installed; ${other.file} is not looked at.`,
    },
  ]
}

function djangoNotes({ settings, procfile }: PlanContext, django: Django | null): Note[] {
  if (django === null || procfile['release'] !== undefined) return []
  if (!django.database && !settings.names.includes('DATABASE_URL')) return []
  const manage = django.folder === '.' ? 'manage.py' : `${django.folder}/manage.py`
  const message = `Migrations are not run by themselves. To run them before each release goes live, add to the Procfile: release: python ${manage} migrate --noinput`
  return [{ level: 'info', code: 'python.django.migrate', message }]
}

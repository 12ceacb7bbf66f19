import { posix } from 'node:path'
import { asMember, stepIn } from '../member.ts'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type Django, readDjango } from './django.ts'
import { type PythonInstall, planInstall, VENV_BIN } from './install.ts'
import { chooseInstaller } from './installers.ts'
import { hasSourceFolder } from './modules.ts'
import { readProject } from './project.ts'
import { readRequirements } from './requirements.ts'
import { type PythonStart, pythonStart } from './start.ts'
import { type UvWorkspace, uvWorkspace, workspaceFiles } from './uv-workspace.ts'
import { interpreter } from './versions.ts'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const workspace = uvWorkspace(context)
  const planned = planIn(context, workspace)
  return workspace === null || !planned.ok ? planned : asMember(planned, context, workspace.folder)
}

function planIn(context: PlanContext, workspace: UvWorkspace | null): LanguagePlan | Refusal {
  const { view, settings, procfile } = context
  const requirements = readRequirements(view)
  if (!requirements.ok) return requirements
  const whole = workspace === null ? context : { ...context, view: workspace.root }
  const python = interpreter(workspace === null || view.exists('.python-version') ? context : whole)
  if (!python.ok) return python
  const project = readProject(view)
  const installer = chooseInstaller(
    whole,
    workspace === null ? requirements : { ...requirements, files: [] },
    project,
  )
  const packages = installer.name === 'pip' ? requirements.packages : project.names
  const named = procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null
  const start = named ? null : pythonStart(view, packages)
  if (start === null && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This Python app has nothing to start',
      'Add a Procfile, as in `web: gunicorn app:app --bind 0.0.0.0:$PORT`, or a main.py that listens on the port in $PORT.',
    )
  }
  const django = packages.has('django') ? readDjango(view) : null
  const added = start?.server != null && !packages.has(start.server) ? start.server : null
  const install = planInstall(context, {
    installer,
    requirements,
    project,
    python,
    workspace,
    added,
  })
  const built = buildStep(context, install, django, workspace)
  return {
    ok: true,
    tools: [python.tool, ...(installer.tool === null ? [] : [installer.tool])],
    steps: [install.step, built],
    caches: install.caches,
    include: [
      { step: 'build', paths: ['.'] },
      { step: 'install', paths: ['.'] },
    ],
    env: {
      PATH_PREPEND: VENV_BIN,
      PYTHONUNBUFFERED: '1',
      WEB_CONCURRENCY: '2',
      LANG: 'C.UTF-8',
      ...(hasSourceFolder(view) ? { PYTHONPATH: posix.join('/app', workspace?.folder ?? '.', 'src') } : {}),
    },
    static: null,
    processes: start === null ? {} : { web: { command: start.command, from: start.from } },
    notes: [
      ...python.notes,
      ...installer.notes,
      ...serverNotes(added, start, installer.file),
      ...djangoNotes(context, django),
    ],
  }
}

/**
 * Python would compile the app's own files at each start otherwise: what an instance writes goes with it. The source is
 * never looked at again, so that equal times of all files do no harm. What the build itself compiled by times is
 * replaced.
 */
const COMPILE_APP =
  "python -m compileall -qq -f --invalidation-mode unchecked-hash -x '/([.]venv|node_modules)/' /app || true"

/** The app as a package, what it makes of its files, and byte code of them. */
function buildStep(
  { settings }: PlanContext,
  install: PythonInstall,
  django: Django | null,
  workspace: UvWorkspace | null,
): Step {
  const collects = django?.collects === true && flag(settings, 'DISABLE_COLLECTSTATIC') !== true
  const set = override(settings, 'SKYPANEL_BUILD_CMD')
  const folder = django === null || django.folder === '.' ? '' : `cd ${django.folder} && `
  const home = workspace?.folder ?? '.'
  const commands = [
    ...install.own,
    ...(set === null ? [] : [stepIn(home, set.value)]),
    ...(collects ? [stepIn(home, `${folder}python manage.py collectstatic --noinput`)] : []),
    COMPILE_APP,
  ]
  return step({
    name: 'build',
    needs: ['install'],
    files: workspace === null ? ['.'] : workspaceFiles(workspace),
    commands,
    env: { ...install.env, PATH_PREPEND: VENV_BIN, PYTHONUNBUFFERED: '1' },
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    caches: install.own.length > 0 ? Object.keys(install.caches) : [],
    outputs: ['.'],
  })
}

function serverNotes(added: string | null, start: PythonStart | null, file: string): Note[] {
  if (added === null || start === null) return []
  const where = file === '' ? 'requirements.txt' : file
  const message = `${added} serves the app found in ${start.from}, but is not in ${where}, so its newest version is installed. Add it there with a version.`
  return [{ level: 'warn', code: 'python.server.added', message }]
}

function djangoNotes({ settings, procfile }: PlanContext, django: Django | null): Note[] {
  if (django === null) return []
  const notes: Note[] = []
  if (django.collects && !django.servesFiles) {
    const message =
      'Django does not serve its static files in production by itself: add whitenoise, with its middleware after SecurityMiddleware.'
    notes.push({ level: 'info', code: 'python.django.whitenoise', message })
  }
  if (procfile['release'] !== undefined) return notes
  if (!django.database && !settings.names.includes('DATABASE_URL')) return notes
  const manage = django.folder === '.' ? 'manage.py' : `${django.folder}/manage.py`
  const message = `Migrations are not run by themselves. To run them before each release goes live, add to the Procfile: release: python ${manage} migrate --noinput`
  return [...notes, { level: 'info', code: 'python.django.migrate', message }]
}

import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { source } from './modules.ts'

export interface Django {
  /** Folder of manage.py, `.` for the root. */
  readonly folder: string
  /** `project.wsgi:application`; null when none was found. */
  readonly wsgi: string | null
  /** The settings name a STATIC_ROOT, so collectstatic has somewhere to collect to. */
  readonly collects: boolean
  /** The settings look at a database other than a file. */
  readonly database: boolean
  /** `project.asgi:application`, where the settings ask for it. */
  readonly asgi: string | null
  /** Something in the settings serves static files, or keeps them elsewhere. */
  readonly servesFiles: boolean
}

const MAX_IMPORTS = 10

/** Follows manage.py to the settings, and those to the application. Nothing is run. */
export function readDjango(view: FileView): Django | null {
  const manage = view.exists('manage.py') ? 'manage.py' : view.find('*/manage.py')
  if (manage === null || !/^[\w./-]+$/.test(manage)) return null
  const folder = posix.dirname(manage)
  const module = /DJANGO_SETTINGS_MODULE['"]\s*,\s*['"]([\w.]+)['"]/.exec(source(view, manage))?.[1] ?? null
  const settings = module === null ? '' : settingsText(view, folder, module)
  const named = /^[ \t]*WSGI_APPLICATION[ \t]*=[ \t]*['"]([\w.]+)\.(\w+)['"]/m.exec(settings)
  return {
    folder,
    wsgi: named === null ? wsgiBeside(view, folder, module) : `${named[1] ?? ''}:${named[2] ?? ''}`,
    collects: /^[ \t]*STATIC_ROOT[ \t]*=/m.test(settings),
    database: /DATABASE_URL|dj_database_url|postgresql|mysql/.test(settings),
    asgi:
      /^[ \t]*ASGI_APPLICATION[ \t]*=[ \t]*['"]([\w.]+)\.(\w+)['"]/m.exec(settings)?.slice(1, 3).join(':') ??
      null,
    servesFiles: /whitenoise|storages\.backends/i.test(settings),
  }
}

/** The settings module with those it imports from its own package (`base`, `common`). */
function settingsText(view: FileView, folder: string, module: string): string {
  const path = posix.join(folder, module.replaceAll('.', '/'))
  const text = source(view, `${path}.py`) || source(view, `${path}/__init__.py`)
  const beside = view.exists(`${path}.py`) ? posix.dirname(path) : path
  const names = new Set([...text.matchAll(/^from \.(\w+) import \*/gm)].map(([, name]) => name ?? ''))
  const imported = [...names].slice(0, MAX_IMPORTS).map((name) => source(view, `${beside}/${name}.py`))
  return [text, ...imported].join('\n')
}

function wsgiBeside(view: FileView, folder: string, module: string | null): string | null {
  const project = module?.split('.')[0]
  const guess = project === undefined ? null : posix.join(folder, project, 'wsgi.py')
  const file = guess !== null && view.exists(guess) ? guess : view.find(posix.join(folder, '*/wsgi.py'))
  return file === null
    ? null
    : `${posix.relative(folder, file).slice(0, -3).replaceAll('/', '.')}:application`
}

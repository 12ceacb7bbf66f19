import type { FileView } from '../file-view.ts'
import { shellWord } from '../shell-word.ts'
import { readDjango, type Django } from './django.ts'
import { findApp, findImport } from './modules.ts'

export interface PythonStart {
  readonly command: string
  readonly from: string
  /** The server that the command needs installed; null: none. */
  readonly server: 'gunicorn' | 'uvicorn' | null
  readonly framework: string
}

const WSGI = ['Flask', 'APIFlask', 'OpenAPI']
const ASGI = ['FastAPI', 'Starlette', 'Quart', 'Litestar']
const SCRIPTS = ['main.py', 'app.py', 'server.py', 'bot.py', 'run.py', 'start.py']
/** gunicorn and uvicorn take the number of their workers from WEB_CONCURRENCY by themselves. */
const GUNICORN = '--bind 0.0.0.0:$PORT --access-logfile -'

/** What serves the app, from its own sources: the file and the variable are looked for, not assumed. */
export function pythonStart(view: FileView, packages: ReadonlySet<string>): PythonStart | null {
  const django = packages.has('django') || view.exists('manage.py') ? readDjango(view) : null
  if (django?.wsgi != null) return djangoStart(django, django.wsgi)
  if (packages.has('streamlit')) {
    const file = findImport(view, 'streamlit')
    if (file !== null) {
      const command = `streamlit run ${shellWord(file)} --server.port $PORT --server.address 0.0.0.0 --server.headless true`
      return { command, from: file, server: null, framework: 'Streamlit' }
    }
  }
  const asgi = findApp(view, ASGI)
  if (asgi !== null) {
    const command = `uvicorn ${asgi.factory ? '--factory ' : ''}${asgi.target} --host 0.0.0.0 --port $PORT`
    return { command, from: asgi.file, server: 'uvicorn', framework: 'ASGI' }
  }
  const wsgi = findApp(view, WSGI)
  if (wsgi !== null) {
    const target = wsgi.factory ? shellWord(`${wsgi.target}()`) : wsgi.target
    return {
      command: `gunicorn ${target} ${GUNICORN}`,
      from: wsgi.file,
      server: 'gunicorn',
      framework: 'WSGI',
    }
  }
  const script = SCRIPTS.find((file) => view.exists(file))
  return script === undefined
    ? null
    : { command: `python ${script}`, from: script, server: null, framework: 'script' }
}

function djangoStart(django: Django, wsgi: string): PythonStart {
  const chdir = django.folder === '.' ? '' : `--chdir ${django.folder} `
  return {
    command: `gunicorn ${chdir}${wsgi} ${GUNICORN}`,
    from: 'manage.py',
    server: 'gunicorn',
    framework: 'Django',
  }
}

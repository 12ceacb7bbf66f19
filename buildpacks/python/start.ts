import type { FileView } from '../file-view.ts'
import { shellWord } from '../shell-word.ts'
import { readDjango, type Django } from './django.ts'
import { type AppObject, findApp, findImport, source } from './modules.ts'

export interface PythonStart {
  readonly command: string
  readonly from: string
  /** The server that the command needs installed; null: none. */
  readonly server: 'gunicorn' | 'uvicorn' | null
  readonly framework: string
}

const WSGI = ['Flask', 'APIFlask', 'OpenAPI', 'Bottle', 'Falcon']
const ASGI = ['FastAPI', 'Starlette', 'Quart', 'Litestar', 'Robyn', 'FastHTML']
const SCRIPTS = ['main.py', 'app.py', 'server.py', 'bot.py', 'run.py', 'start.py', 'index.py', '__main__.py']
/** gunicorn and uvicorn take the number of their workers from WEB_CONCURRENCY by themselves. */
const GUNICORN = '--bind 0.0.0.0:$PORT --access-logfile -'

/** Libraries whose own program serves a script: the words around its name. */
const SCRIPT_SERVERS: readonly { module: string; name: string; command: (file: string) => string }[] = [
  {
    module: 'streamlit',
    name: 'Streamlit',
    command: (file) =>
      `streamlit run ${file} --server.port $PORT --server.address 0.0.0.0 --server.headless true`,
  },
  {
    module: 'chainlit',
    name: 'Chainlit',
    command: (file) => `chainlit run ${file} --host 0.0.0.0 --port $PORT --headless`,
  },
  {
    module: 'gradio',
    name: 'Gradio',
    command: (file) => `GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT exec python ${file}`,
  },
]

/** What serves the app, from its own sources: the file and the variable are looked for, not assumed. */
export function pythonStart(view: FileView, packages: ReadonlySet<string>): PythonStart | null {
  const django = packages.has('django') || view.exists('manage.py') ? readDjango(view) : null
  if (django !== null) {
    const start = djangoStart(django, packages)
    if (start !== null) return start
  }
  for (const { module, name, command } of SCRIPT_SERVERS) {
    const file = packages.has(module) ? findImport(view, module) : null
    if (file !== null) return { command: command(shellWord(file)), from: file, server: null, framework: name }
  }
  const asgi = findApp(view, ASGI)
  if (asgi !== null) {
    const command = `uvicorn ${asgi.factory ? '--factory ' : ''}${asgi.target} --host 0.0.0.0 --port $PORT`
    return { command, from: asgi.file, server: 'uvicorn', framework: 'ASGI' }
  }
  const wsgi = findApp(view, WSGI) ?? dashApp(view, packages)
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

/** Dash keeps its application inside of its own object. */
function dashApp(view: FileView, packages: ReadonlySet<string>): AppObject | null {
  if (!packages.has('dash')) return null
  const app = findApp(view, ['Dash'])
  if (app === null || app.factory) return null
  const server = /^(\w+)[ \t]*=[ \t]*\w+\.server[ \t]*$/m.exec(source(view, app.file))?.[1]
  const [module = ''] = app.target.split(':')
  return server === undefined ? null : { ...app, target: `${module}:${server}` }
}

/** By WSGI, unless the app brings a server for the other way and says where that begins. */
function djangoStart(django: Django, packages: ReadonlySet<string>): PythonStart | null {
  const common = { from: 'manage.py', framework: 'Django' }
  const chdir = django.folder
  if (django.asgi !== null && packages.has('daphne'))
    return {
      ...common,
      command: `${chdir === '.' ? '' : `cd ${chdir} && exec `}daphne -b 0.0.0.0 -p $PORT ${django.asgi}`,
      server: null,
    }
  if (django.asgi !== null && packages.has('uvicorn') && !packages.has('gunicorn'))
    return {
      ...common,
      command: `uvicorn ${chdir === '.' ? '' : `--app-dir ${chdir} `}${django.asgi} --host 0.0.0.0 --port $PORT`,
      server: null,
    }
  if (django.wsgi === null) return null
  return {
    ...common,
    command: `gunicorn ${chdir === '.' ? '' : `--chdir ${chdir} `}${django.wsgi} ${GUNICORN}`,
    server: 'gunicorn',
  }
}

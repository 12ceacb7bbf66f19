import type { FileView } from '../file-view.ts'

/** Where an application object lies, as servers name it: `package.module:variable`. */
export interface AppObject {
  readonly target: string
  readonly file: string
  /** It is a function that makes the application. */
  readonly factory: boolean
}

const USUAL = ['wsgi', 'asgi', 'app', 'main', 'application', 'server', 'api', 'run', 'index', 'hello']
const MAX_SOURCES = 60
const MAX_BYTES = 256 * 1024
const MODULE = /^(?:[A-Za-z_]\w*\/){0,3}[A-Za-z_]\w*\.py$/

/** Python files in which an application may be made: usual names first, the root before folders. */
function candidates(view: FileView): string[] {
  const files = [
    ...view.list('*.py'),
    ...view.list('*/*.py'),
    ...view.list('*/*/*.py'),
    ...view.list('src/*/*/*.py'),
  ].filter(
    (path) =>
      MODULE.test(path) &&
      !/(?:^|\/)(?:tests?|migrations|docs|examples?|scripts)\//.test(path) &&
      !/(?:^|\/)(?:test_\w+|setup|conftest|manage)\.py$/.test(path),
  )
  const rank = (path: string): number => {
    const parts = path.slice(0, -3).split('/')
    const name = parts.at(-1) === '__init__' ? (parts.at(-2) ?? '') : (parts.at(-1) ?? '')
    const usual = USUAL.indexOf(name)
    return parts.length * 100 + (usual < 0 ? 50 : usual)
  }
  return [...new Set(files)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, MAX_SOURCES)
}

/** Finds `name = Class(` at the top level of a module, or a `create_app` that makes one. */
export function findApp(view: FileView, classes: readonly string[]): AppObject | null {
  const made = new RegExp(
    `^([A-Za-z_]\\w*)[ \\t]*(?::[ \\t]*[\\w.]+[ \\t]*)?=[ \\t]*(?:[A-Za-z_]\\w*\\.)?(?:${classes.join('|')})\\(`,
    'm',
  )
  const inside = new RegExp(`=[ \\t]*(?:[A-Za-z_]\\w*\\.)?(?:${classes.join('|')})\\(`)
  let factory: AppObject | null = null
  for (const file of candidates(view)) {
    const text = source(view, file)
    const variable = made.exec(text)?.[1]
    if (variable !== undefined) return { target: `${moduleOf(view, file)}:${variable}`, file, factory: false }
    const called =
      /^(app|application)[ \t]*=[ \t]*(?:\w+\.)?(?:create_app|make_app|create_application)\(/m.exec(text)?.[1]
    if (called !== undefined) return { target: `${moduleOf(view, file)}:${called}`, file, factory: false }
    const maker = /^def (create_app|make_app|create_application)\(/m.exec(text)?.[1]
    if (maker !== undefined && inside.test(text))
      factory ??= { target: `${moduleOf(view, file)}:${maker}`, file, factory: true }
  }
  return factory
}

/** The first of those files that imports a module. */
export function findImport(view: FileView, module: string): string | null {
  const imports = new RegExp(`^(?:import|from)[ \\t]+${module}\\b`, 'm')
  return candidates(view).find((file) => imports.test(source(view, file))) ?? null
}

export function source(view: FileView, path: string): string {
  const file = view.read(path, MAX_BYTES)
  return file.ok ? file.text : ''
}

/** Packages lie below src, which is then on PYTHONPATH: their names do not begin there. */
export function hasSourceFolder(view: FileView): boolean {
  return view.exists('src/*/*.py')
}

function moduleOf(view: FileView, file: string): string {
  const path = hasSourceFolder(view) ? file.replace(/^src\//, '') : file
  return path
    .slice(0, -3)
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.')
}

import type { FileView } from '../file-view.ts'
import { own } from '../own.ts'
import { parsed, tableOf } from '../tool-files.ts'
import { namesOf } from './requirements.ts'

export interface Project {
  /** It declares dependencies, or how it is built. */
  readonly present: boolean
  /** `[project] dependencies`, as they stand there. */
  readonly dependencies: readonly string[]
  /** What its build backend asks for; empty: the project is no package. */
  readonly backend: readonly string[]
  /** Something of it is only known by running its backend. */
  readonly dynamic: boolean
  /** It brings commands, or lies below `src`: then it has to be installed to be found. */
  readonly needsInstall: boolean
  /** Normalised names of everything that is asked for directly, by whichever tool's table. */
  readonly names: ReadonlySet<string>
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string').slice(0, 500) : []

/** pyproject.toml, Pipfile and setup.py, as far as they can be read without running anything. */
export function readProject(view: FileView, folder = '.'): Project {
  const at = (path: string) => (folder === '.' ? path : `${folder}/${path}`)
  const toml = parsed(view, at('pyproject.toml'))
  const project = tableOf(toml, 'project')
  const poetry = tableOf(toml, 'tool', 'poetry')
  const dependencies = strings(own(project, 'dependencies'))
  const backend = strings(own(tableOf(toml, 'build-system'), 'requires'))
  const setup = view.read(at('setup.py'))
  const required = setup.ok ? (/install_requires\s*=\s*\[([^\]]*)\]/.exec(setup.text)?.[1] ?? '') : ''
  const groups = tableOf(toml, 'dependency-groups')
  const names = [
    ...dependencies,
    ...[...required.matchAll(/["']([^"']+)["']/g)].map(([, name]) => name ?? ''),
    ...Object.keys(tableOf(poetry, 'dependencies')),
    ...Object.keys(tableOf(parsed(view, at('Pipfile')), 'packages')),
  ]
  const dynamic = strings(own(project, 'dynamic'))
  return {
    present:
      Object.keys(project).length + Object.keys(poetry).length + backend.length > 0 ||
      Object.keys(groups).length > 0,
    dependencies,
    backend,
    dynamic: dynamic.includes('dependencies') || dynamic.includes('optional-dependencies'),
    needsInstall:
      Object.keys(tableOf(project, 'scripts')).length + Object.keys(tableOf(poetry, 'scripts')).length > 0 ||
      view.exists(at('src/*/__init__.py')),
    names: new Set([...names.flatMap(namesOf), ...(extraServer(poetry) ? ['uvicorn'] : [])]),
  }
}

/** `fastapi = { version = "…", extras = ["standard"] }` */
function extraServer(poetry: Readonly<Record<string, unknown>>): boolean {
  return strings(own(tableOf(poetry, 'dependencies', 'fastapi'), 'extras')).some((one) =>
    /^(?:standard|all)$/.test(one),
  )
}

import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { parsed, tableOf } from '../tool-files.ts'

/** A package of the repository. */
export interface Crate {
  /** `.` for the root. */
  readonly folder: string
  readonly name: string
  readonly programs: readonly string[]
  readonly defaultRun: string | null
  readonly rustVersion: string | null
  readonly dependencies: readonly string[]
  /** Files that Cargo wants to find, relative to the repository; `lib` ones may be empty. */
  readonly sources: readonly { readonly path: string; readonly main: boolean }[]
}

export interface Crates {
  readonly all: readonly Crate[]
  /** Folders whose programs are the app's: default-members, else the root package, else all. */
  readonly own: readonly string[]
}

const MAX_CRATES = 100
const TARGETS = ['bin', 'example', 'test', 'bench'] as const

export function readCrates(view: FileView): Crates {
  const root = parsed(view, 'Cargo.toml')
  const workspace = tableOf(root, 'workspace')
  const members = textsOf(workspace['members']).flatMap((glob) =>
    /[*?[]/.test(glob)
      ? view.list(`${glob.replace(/\/$/, '')}/Cargo.toml`).map((path) => posix.dirname(path))
      : [posix.normalize(glob).replace(/\/$/, '')],
  )
  const excluded = textsOf(workspace['exclude'])
  const local = localPaths(root, '.')
  const folders = [...new Set([...('package' in root ? ['.'] : []), ...members, ...local])]
    .filter((folder) => !folder.startsWith('..') && !excluded.includes(folder))
    .slice(0, MAX_CRATES)
  const shared = tableOf(workspace, 'package')
  const all = folders.flatMap((folder) => {
    const crate = readCrate(view, folder, shared)
    return crate === null ? [] : [crate]
  })
  const defaults = textsOf(workspace['default-members']).map((path) =>
    posix.normalize(path).replace(/\/$/, ''),
  )
  const own = defaults.length > 0 ? defaults : 'package' in root ? ['.'] : all.map(({ folder }) => folder)
  return { all, own }
}

function readCrate(view: FileView, folder: string, shared: Readonly<Record<string, unknown>>): Crate | null {
  const manifest = parsed(view, posix.join(folder, 'Cargo.toml'))
  const about = tableOf(manifest, 'package')
  const name = textOf(about['name'])
  if (name === null) return null
  const at = (path: string) => posix.join(folder, path)
  const sources = new Map<string, boolean>()
  const programs = new Set<string>()
  if (view.exists(at('src/main.rs'))) {
    sources.set(at('src/main.rs'), true)
    programs.add(name)
  }
  if (view.exists(at('src/lib.rs'))) sources.set(at('src/lib.rs'), false)
  for (const path of [...view.list(at('src/bin/*.rs')), ...view.list(at('src/bin/*/main.rs'))]) {
    sources.set(path, true)
    programs.add(
      path.endsWith('/main.rs') ? posix.basename(posix.dirname(path)) : posix.basename(path, '.rs'),
    )
  }
  const library = textOf(tableOf(manifest, 'lib')['path'])
  if (library !== null) sources.set(at(library), false)
  const script = textOf(about['build']) ?? (view.exists(at('build.rs')) ? 'build.rs' : null)
  if (script !== null) sources.set(at(script), true)
  for (const kind of TARGETS) {
    for (const target of tablesOf(manifest[kind])) {
      const path = textOf(target['path'])
      const named = textOf(target['name'])
      if (path !== null) sources.set(at(path), true)
      if (kind !== 'bin' || named === null) continue
      if (path === 'src/main.rs') programs.delete(name)
      programs.add(named)
    }
  }
  const version = about['rust-version']
  return {
    folder,
    name,
    programs: [...programs].filter((one) => /^[\w-]+$/.test(one)).sort(),
    defaultRun: textOf(about['default-run']),
    rustVersion: textOf(version) ?? textOf(shared['rust-version']),
    dependencies: Object.keys(tableOf(manifest, 'dependencies')).sort(),
    sources: [...sources]
      .map(([path, main]) => ({ path, main }))
      .filter(({ path }) => /^[\w./-]+$/.test(path)),
  }
}

/** Folders that `path = "…"` of dependencies names. */
function localPaths(manifest: Readonly<Record<string, unknown>>, folder: string): string[] {
  return ['dependencies', 'build-dependencies', 'dev-dependencies'].flatMap((key) =>
    Object.values(tableOf(manifest, key)).flatMap((value) => {
      const path = typeof value === 'object' && value !== null && 'path' in value ? textOf(value.path) : null
      return path === null ? [] : [posix.join(folder, path).replace(/\/$/, '')]
    }),
  )
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
const tablesOf = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : []

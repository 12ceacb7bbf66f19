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
  /** Where Cargo is called: the folder of the lock. */
  readonly home: string
  /** Folders whose programs are the app's: default-members, else the root package, else all. */
  readonly own: readonly string[]
}

const MAX_CRATES = 100
const TARGETS = ['bin', 'example', 'test', 'bench'] as const

/** Whether the package in a folder is built with others beside it: by a workspace above, or by paths of dependencies. */
export function belongsAbove(view: FileView, folder: string): boolean {
  if (membersOf(view).includes(folder)) return true
  return localPaths(parsed(view, posix.join(folder, 'Cargo.toml')), folder).some(
    (path) => !path.startsWith('..') && !path.startsWith(`${folder}/`),
  )
}

/** Folders that the workspace at the root names; none where there is none. */
function membersOf(view: FileView): string[] {
  const workspace = tableOf(parsed(view, 'Cargo.toml'), 'workspace')
  const excluded = textsOf(workspace['exclude'])
  return textsOf(workspace['members'])
    .flatMap((glob) =>
      /[*?[]/.test(glob)
        ? view.list(`${glob.replace(/\/$/, '')}/Cargo.toml`).map((path) => posix.dirname(path))
        : [posix.normalize(glob).replace(/\/$/, '')],
    )
    .filter((folder) => !folder.startsWith('..') && !excluded.includes(folder))
}

/** The packages that are built for the app in a folder, `.` for all of it. */
export function readCrates(view: FileView, folder = '.'): Crates {
  const members = membersOf(view)
  const home = members.includes(folder) ? '.' : folder
  const root = parsed(view, posix.join(home, 'Cargo.toml'))
  const workspace = tableOf(root, 'workspace')
  const excluded = textsOf(workspace['exclude'])
  const shared = tableOf(workspace, 'package')
  const folders = [...new Set([...('package' in root ? [home] : []), ...(home === '.' ? members : [])])]
  // Dependencies by path are members as well, wherever they lie.
  const local = folder === '.' ? [] : [folder, ...folders]
  const all = [...folders, ...localPaths(root, home)]
  for (const at of folder === '.' ? [] : local)
    all.push(...localPaths(parsed(view, posix.join(at, 'Cargo.toml')), at))
  const crates = [...new Set(all)]
    .filter((path) => !path.startsWith('..') && !excluded.includes(path))
    .slice(0, MAX_CRATES)
    .flatMap((path) => {
      const crate = readCrate(view, path, shared)
      return crate === null ? [] : [crate]
    })
  const defaults = textsOf(workspace['default-members']).map((path) =>
    posix.normalize(path).replace(/\/$/, ''),
  )
  const whole =
    defaults.length > 0 ? defaults : 'package' in root ? ['.'] : crates.map((crate) => crate.folder)
  return { all: crates, home, own: folder === '.' ? whole : [folder] }
}

/** Packages that one is made of, by paths and by what the workspace says; itself first. */
export function neededCrates(view: FileView, { all }: Crates, folder: string): Crate[] {
  const shared = localPaths(
    { dependencies: tableOf(parsed(view, 'Cargo.toml'), 'workspace', 'dependencies') },
    '.',
  )
  const needed = all.filter((crate) => crate.folder === folder)
  for (const crate of needed) {
    const manifest = parsed(view, posix.join(crate.folder, 'Cargo.toml'))
    const names = ['dependencies', 'build-dependencies', 'dev-dependencies'].flatMap((key) =>
      Object.keys(tableOf(manifest, key)),
    )
    const paths = localPaths(manifest, crate.folder)
    for (const other of all) {
      const named = shared.includes(other.folder) && names.includes(other.name)
      if (!needed.includes(other) && (paths.includes(other.folder) || named)) needed.push(other)
    }
  }
  return needed
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

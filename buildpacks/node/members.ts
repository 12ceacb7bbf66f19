import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { matchesGlob } from '../glob.ts'
import type { ManagerName } from './lock.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'

/** A package inside of the repository that the app is installed with: a workspace or a `file:` dependency. */
export interface Member {
  readonly folder: string
  readonly pkg: PackageJson
  /** Its files are copied by the install, so that all of them count; else it is linked, and its manifest does. */
  readonly whole: boolean
}

/** Patterns of the workspaces, wherever the manager wants them written. */
export function workspaceGlobs(view: FileView, pkg: PackageJson, manager: ManagerName): readonly string[] {
  return manager === 'pnpm' ? pnpmPackages(view) : pkg.workspaces
}

/** The list `packages` of pnpm-workspace.yaml, which is a list of plain strings in every file there is. */
export function pnpmPackages(view: FileView): string[] {
  const file = view.read('pnpm-workspace.yaml')
  if (!file.ok) return []
  const globs: string[] = []
  let inside = false
  for (const line of file.text.split(/\r?\n/)) {
    const flow = /^packages:\s*\[(.*)\]/.exec(line)?.[1]
    if (flow !== undefined) return flow.split(',').map(unquoted).slice(0, 100)
    if (/^\S/.test(line) && !line.startsWith('-') && !line.startsWith('#'))
      inside = line.startsWith('packages:')
    const item = inside ? /^\s*-\s+(.+)$/.exec(line)?.[1] : undefined
    if (item !== undefined) globs.push(unquoted(item))
  }
  return globs.slice(0, 100)
}

function unquoted(text: string): string {
  return text
    .replace(/\s#.*$/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
}

/** More than the largest monorepos have; each is read. */
const MAX_FOLDERS = 1000

/** Folders of all workspaces. */
export function workspaceFolders(view: FileView, globs: readonly string[]): string[] {
  const clean = (glob: string) => `${posix.normalize(glob).replace(/\/+$/, '')}/package.json`
  const against = globs.filter((glob) => glob.startsWith('!')).map((glob) => clean(glob.slice(1)))
  const found = globs
    .filter((glob) => !glob.startsWith('!'))
    .flatMap((glob) => view.list(clean(glob)))
    .filter((file) => !against.some((glob) => matchesGlob(file, glob)) && file !== 'package.json')
  return [...new Set(found)].slice(0, MAX_FOLDERS).map((file) => posix.dirname(file))
}

export function membersOf(view: FileView, pkg: PackageJson, manager: ManagerName): Member[] {
  const members = new Map<string, Member>()
  const add = (folder: string, whole: boolean) => {
    if (folder === '.' || folder.startsWith('..') || members.has(folder) || !view.exists(folder)) return
    const read = readPackageJson(view, `${folder}/package.json`)
    if (read.ok) members.set(folder, { folder, pkg: read.pkg, whole })
  }
  for (const spec of [...Object.values(pkg.dependencies), ...Object.values(pkg.devDependencies)]) {
    const [, kind, path] = /^(file:|link:|portal:|(?=\.{1,2}\/))(.+)$/.exec(spec) ?? []
    if (path !== undefined) add(folderOf(path), kind !== 'link:' && kind !== 'portal:')
  }
  for (const folder of workspaceFolders(view, workspaceGlobs(view, pkg, manager))) add(folder, false)
  return [...members.values()]
}

function folderOf(path: string): string {
  return posix.normalize(path).replace(/\/+$/, '')
}

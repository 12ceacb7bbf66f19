import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import type { PlanContext, Refusal } from '../provider.ts'
import { shellWord } from '../shell-word.ts'
import type { ManagerName } from './lock.ts'
import { pnpmPackages, workspaceFolders } from './members.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'

/**
 * Where the app lies. By itself: `folder` is `.` and both manifests are the same. In a workspace: `root` is the folder
 * that is installed, and `folder` the app's own below it.
 */
export interface Place {
  readonly root: FileView
  readonly rootPkg: PackageJson
  readonly folder: string
  readonly view: FileView
  readonly pkg: PackageJson
}

export function placeOf(context: PlanContext): { ok: true; place: Place } | Refusal {
  const read = readPackageJson(context.view)
  if (!read.ok) return read
  const alone = { root: context.view, rootPkg: read.pkg, folder: '.', view: context.view, pkg: read.pkg }
  const { above } = context
  if (above === undefined) return { ok: true, place: alone }
  const root = readPackageJson(above.view)
  if (!root.ok || !isMember(above.view, root.pkg, above.folder)) return { ok: true, place: alone }
  return { ok: true, place: { ...alone, root: above.view, rootPkg: root.pkg, folder: above.folder } }
}

function isMember(view: FileView, pkg: PackageJson, folder: string): boolean {
  const globs = [...pkg.workspaces, ...pnpmPackages(view)]
  return workspaceFolders(view, globs).includes(folder)
}

/** A path of the app, seen from the root. */
export const below = (folder: string, path: string): string => posix.join(folder, path)

/** A command that runs in the app's folder; the last of it takes the place of the shell. */
export function inFolder(folder: string, command: string): string {
  if (folder === '.') return command
  const plain = /^[\w./@-]+(?:\s|$)/.test(command) && !/[;&|<>`\n]|\$\(/.test(command)
  return `cd ${shellWord(folder)} && ${plain && !/^(?:cd|exec|export)\b/.test(command) ? 'exec ' : ''}${command}`
}

/** Workspaces that the app is made of, itself last, each after those that it needs. */
export function builtMembers(place: Place, manager: ManagerName): { folder: string; pkg: PackageJson }[] {
  if (place.folder === '.') return [{ folder: '.', pkg: place.pkg }]
  const globs = manager === 'pnpm' ? pnpmPackages(place.root) : place.rootPkg.workspaces
  const byName = new Map<string, { folder: string; pkg: PackageJson }>()
  for (const folder of workspaceFolders(place.root, globs)) {
    const read = readPackageJson(place.root, `${folder}/package.json`)
    if (read.ok && read.pkg.name !== null) byName.set(read.pkg.name, { folder, pkg: read.pkg })
  }
  const order: { folder: string; pkg: PackageJson }[] = []
  const seen = new Set<string>()
  const visit = (one: { folder: string; pkg: PackageJson }) => {
    if (seen.has(one.folder)) return
    seen.add(one.folder)
    for (const name of Object.keys({ ...one.pkg.dependencies, ...one.pkg.devDependencies })) {
      const needed = byName.get(name)
      if (needed !== undefined) visit(needed)
    }
    order.push(one)
  }
  visit({ folder: place.folder, pkg: place.pkg })
  return order
}

/** Everything of the repository but the workspaces that the app does without. */
export function relevantFiles(place: Place, manager: ManagerName): string[] {
  if (place.folder === '.') return ['.']
  const globs = manager === 'pnpm' ? pnpmPackages(place.root) : place.rootPkg.workspaces
  const needed = new Set(builtMembers(place, manager).map(({ folder }) => folder))
  const unrelated = workspaceFolders(place.root, globs).filter(
    (folder) => !needed.has(folder) && ![...needed].some((one) => one.startsWith(`${folder}/`)),
  )
  if (unrelated.length === 0) return ['.']
  return cover(place.root.list(), '', unrelated)
}

/** The fewest paths that hold all files outside of some folders. */
function cover(files: readonly string[], prefix: string, without: readonly string[]): string[] {
  const heads = new Set<string>()
  for (const file of files) {
    if (!file.startsWith(prefix)) continue
    const rest = file.slice(prefix.length)
    const slash = rest.indexOf('/')
    heads.add(prefix + (slash < 0 ? rest : rest.slice(0, slash)))
  }
  return [...heads].sort().flatMap((head) => {
    if (without.includes(head)) return []
    return without.some((folder) => folder.startsWith(`${head}/`))
      ? cover(files, `${head}/`, without)
      : [head]
  })
}

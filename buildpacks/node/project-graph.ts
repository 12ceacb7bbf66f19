import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import type { ManagerName } from './lock.ts'
import { pnpmPackages, workspaceFolders } from './members.ts'
import { moonNeeds, moonProjects } from './moon.ts'
import { nxNeeds, nxProjects } from './nx.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'

/** A part of a repository that is built by itself: a workspace, or a project of Nx or Moon. */
export interface Project {
  readonly folder: string
  /** null: its dependencies stand in the manifest of the root. */
  readonly pkg: PackageJson | null
  /** What Nx or Moon call it; null: they do not know it. */
  readonly id: string | null
}

export interface Repository {
  readonly view: FileView
  readonly rootPkg: PackageJson
  readonly manager: ManagerName
}

/** Every project by its folder. */
export function projectsOf({ view, rootPkg, manager }: Repository): Map<string, Project> {
  const globs = manager === 'pnpm' ? pnpmPackages(view) : rootPkg.workspaces
  const ids = new Map([...nxProjects(view), ...moonProjects(view)])
  const all = new Map<string, Project>()
  for (const folder of [...new Set([...workspaceFolders(view, globs), ...ids.keys()])].sort()) {
    const read = readPackageJson(view, posix.join(folder, 'package.json'))
    all.set(folder, { folder, pkg: read.ok ? read.pkg : null, id: ids.get(folder) ?? null })
  }
  return all
}

/** The projects that one is made of, itself last, each after those that it needs. */
export function neededBy(repository: Repository, folder: string): Project[] {
  const all = projectsOf(repository)
  const byName = new Map<string, Project>()
  for (const project of all.values())
    for (const name of [project.id, project.pkg?.name ?? null]) if (name !== null) byName.set(name, project)
  const order: Project[] = []
  const seen = new Set<string>()
  const visit = (project: Project) => {
    if (seen.has(project.folder)) return
    seen.add(project.folder)
    const { pkg } = project
    const names = [
      ...Object.keys({ ...pkg?.dependencies, ...pkg?.devDependencies }),
      ...moonNeeds(repository.view, project.folder),
      ...nxNeeds(repository.view, project.folder, [...all.keys()]),
    ]
    for (const name of names) {
      const needed = byName.get(name) ?? all.get(name)
      if (needed !== undefined) visit(needed)
    }
    order.push(project)
  }
  visit(all.get(folder) ?? { folder, pkg: null, id: null })
  return order
}

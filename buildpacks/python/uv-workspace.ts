import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { matchesGlob } from '../glob.ts'
import { own } from '../own.ts'
import type { PlanContext } from '../provider.ts'
import { parsed, tableOf } from '../tool-files.ts'
import { type Project, readProject } from './project.ts'
import { namesOf } from './requirements.ts'

/** A package of a uv workspace that is the app. */
export interface UvWorkspace {
  readonly root: FileView
  readonly folder: string
  /** What uv calls it. */
  readonly name: string
  /** Packages that it is made of, itself included. */
  readonly needed: readonly UvMember[]
  readonly all: readonly UvMember[]
}

export interface UvMember {
  readonly folder: string
  readonly name: string
  readonly project: Project
}

const MAX_MEMBERS = 200

/** The workspace above, when the app's folder is a member of it and has no requirements or lock of its own. */
export function uvWorkspace({ above, view }: PlanContext): UvWorkspace | null {
  if (above === undefined || !above.view.exists('uv.lock')) return null
  if (['requirements.txt', 'uv.lock', 'poetry.lock', 'pdm.lock', 'Pipfile'].some((file) => view.exists(file)))
    return null
  const all = membersOf(above.view)
  const main = all.find(({ folder }) => folder === above.folder)
  if (main === undefined) return null
  const needed = [main]
  for (const { project } of needed)
    for (const other of all)
      if (!needed.includes(other) && project.names.has(normal(other.name))) needed.push(other)
  return { root: above.view, folder: main.folder, name: main.name, needed, all }
}

function membersOf(view: FileView): UvMember[] {
  const workspace = tableOf(parsed(view, 'pyproject.toml'), 'tool', 'uv', 'workspace')
  const globs = texts(own(workspace, 'members')).map((glob) => posix.normalize(glob).replace(/\/$/, ''))
  const excluded = texts(own(workspace, 'exclude'))
  return view
    .list('**/pyproject.toml')
    .map((file) => posix.dirname(file))
    .filter((folder) => globs.some((glob) => matchesGlob(folder, glob)))
    .filter((folder) => !excluded.some((glob) => matchesGlob(folder, glob)))
    .slice(0, MAX_MEMBERS)
    .flatMap((folder) => {
      const name = own(tableOf(parsed(view, posix.join(folder, 'pyproject.toml')), 'project'), 'name')
      if (typeof name !== 'string' || !/^[\w.-]+$/.test(name)) return []
      return [{ folder, name, project: readProject(view, folder) }]
    })
}

/** What uv reads for an install: every member's manifest. */
export function workspaceManifests({ root, all }: UvWorkspace): string[] {
  return ['pyproject.toml', 'uv.lock', ...all.map(({ folder }) => posix.join(folder, 'pyproject.toml'))]
    .concat(['uv.toml', '.python-version'].filter((path) => root.exists(path)))
    .sort()
}

/** The folders that the app is made of, and of the others what uv wants to see of them. */
export function workspaceFiles(workspace: UvWorkspace): string[] {
  const folders = workspace.needed.map(({ folder }) => folder)
  const inside = (path: string) => folders.some((folder) => path.startsWith(`${folder}/`))
  return [...folders, ...workspaceManifests(workspace).filter((path) => !inside(path))].sort()
}

const normal = (name: string) => namesOf(name)[0] ?? name
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

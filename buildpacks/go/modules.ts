import { posix } from 'node:path'
import { type FileView, subView } from '../file-view.ts'
import { type GoModule, readModule, readWorkspace } from './module.ts'
import { readSources } from './sources.ts'

/** The modules of a repository that one app may be made of. */
export interface GoModules {
  /** The app's own. */
  readonly main: GoModule
  readonly all: readonly GoModule[]
  /** A go.work holds them together. */
  readonly workspace: boolean
}

const MAX_REPLACED = 50

/** Whether the module in a folder is built with others beside it: by a go.work above, or by `replace … => ../other`. */
export function belongsAbove(view: FileView, folder: string): boolean {
  if (readWorkspace(view)?.members.includes(folder) === true) return true
  return readModule(view, folder).replaced.some((path) => path !== folder && !path.startsWith(`${folder}/`))
}

export function readModules(view: FileView, folder: string): GoModules {
  const workspace = readWorkspace(view)
  const own = readModule(view, folder)
  if (workspace !== null && (folder === '.' || workspace.members.includes(folder))) {
    const all = workspace.members.map((member) => readModule(view, member))
    return { main: own.path === null ? (all[0] ?? own) : own, all, workspace: true }
  }
  const all = [own]
  for (const module of all)
    for (const path of module.replaced)
      if (all.length < MAX_REPLACED && !all.some((one) => one.folder === path))
        all.push(readModule(view, path))
  return { main: own, all: folder === '.' ? [own] : all, workspace: false }
}

const inside = (path: string, module: GoModule) =>
  module.path !== null && (path === module.path || path.startsWith(`${module.path}/`))

/** Modules that the app imports, directly or by others; its own first. */
function neededModules(view: FileView, { main, all, workspace }: GoModules): GoModule[] {
  if (!workspace) return [...all]
  const needed = [main]
  for (const module of needed) {
    const { imports } = readSources(module.folder === '.' ? view : subView(view, module.folder))
    for (const other of all)
      if (
        !needed.includes(other) &&
        other.folder !== module.folder &&
        imports.some((path) => inside(path, other))
      )
        needed.push(other)
  }
  return needed
}

/** What the app imports from outside of the repository, sorted. */
export function foreignImports(view: FileView, modules: GoModules, folder: string): string[] {
  const sources =
    folder === '.'
      ? [view]
      : neededModules(view, modules).map((module) =>
          module.folder === '.' ? view : subView(view, module.folder),
        )
  const imports = new Set(sources.flatMap((source) => readSources(source).imports))
  return [...imports]
    .filter((path) => path !== 'C' && !modules.all.some((module) => inside(path, module)))
    .sort()
}

/** Folders of the modules that the app needs, and of the others what Go wants to see of them. */
export function neededFiles(view: FileView, modules: GoModules, vendor: string | null): string[] {
  const needed = new Set(neededModules(view, modules).map(({ folder }) => folder))
  const files = modules.all.flatMap(({ folder }) =>
    needed.has(folder) ? [folder] : [posix.join(folder, 'go.mod'), posix.join(folder, 'go.sum')],
  )
  return [
    ...new Set([
      ...files,
      ...(modules.workspace ? ['go.work', 'go.work.sum'] : []),
      ...(vendor === null ? [] : [vendor]),
    ]),
  ]
    .filter((path) => view.exists(path))
    .sort()
}

import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'

/** A module that is built with others of its repository. */
export interface MavenModule {
  readonly folder: string
  /** Folders of the modules that it is made of, itself included. */
  readonly needed: readonly string[]
  /** Folders of every module, the root as `.`. */
  readonly all: readonly string[]
}

const MAX_MODULES = 200

/** The module in a folder of a repository whose root builds it; null: the folder is an app by itself. */
export function mavenModule(view: FileView, folder: string): MavenModule | null {
  const all = ['.']
  for (const at of all) {
    const listed = [...pomOf(view, at).matchAll(/<module>\s*([\w./-]+)\s*<\/module>/g)]
    for (const [, path] of listed) {
      const child = posix.join(at, path ?? '').replace(/\/$/, '')
      if (!child.startsWith('..') && !all.includes(child) && all.length < MAX_MODULES) all.push(child)
    }
  }
  if (!all.includes(folder)) return null
  const byName = new Map(all.map((one) => [nameOf(pomOf(view, one)), one]))
  const needed = [folder]
  for (const one of needed) {
    for (const [, name] of pomOf(view, one).matchAll(/<artifactId>\s*([\w.-]+)\s*<\/artifactId>/g)) {
      const other = byName.get(name ?? '')
      if (other !== undefined && other !== '.' && !needed.includes(other)) needed.push(other)
    }
  }
  return { folder, needed, all }
}

/** What Maven reads to build a module, and nothing of those that it does without but their poms. */
export function moduleFiles(view: FileView, { needed, all }: MavenModule): string[] {
  const poms = all.map((folder) => posix.join(folder, 'pom.xml'))
  return [...new Set([...needed, ...poms, 'mvnw', '.mvn'])].filter((path) => view.exists(path)).sort()
}

function pomOf(view: FileView, folder: string): string {
  const file = view.read(posix.join(folder, 'pom.xml'))
  return file.ok ? file.text.replaceAll(/<!--[\s\S]*?-->/g, '') : ''
}

function nameOf(pom: string): string {
  const own = pom.replaceAll(
    /<(parent|dependencies|dependencyManagement|build|profiles|properties|modules)>[\s\S]*?<\/\1>/g,
    '',
  )
  return /<artifactId>\s*([\w.-]+)\s*</.exec(own)?.[1] ?? ''
}

import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { own } from '../own.ts'
import type { PlanContext, Refusal } from '../provider.ts'
import { findLocks, type ManagerName } from './lock.ts'
import { pnpmPackages, workspaceFolders } from './members.ts'
import { moonProjects } from './moon.ts'
import { nxProjects } from './nx.ts'
import { type PackageJson, readPackageJson } from './package-json.ts'
import { neededBy, projectsOf } from './project-graph.ts'

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
  const { view, above } = context
  const root = above === undefined ? null : readPackageJson(above.view)
  const project =
    above !== undefined && root?.ok === true ? projectOf(above.view, root.pkg, above.folder, view) : null
  if (project !== null && above !== undefined && root?.ok === true)
    return {
      ok: true,
      place: { root: above.view, rootPkg: root.pkg, folder: above.folder, view, pkg: project },
    }
  const read = readPackageJson(view)
  if (!read.ok) return read
  return { ok: true, place: { root: view, rootPkg: read.pkg, folder: '.', view, pkg: read.pkg } }
}

/** The manifest of a folder that is built as a part of its repository; null: it is an app by itself. */
function projectOf(root: FileView, rootPkg: PackageJson, folder: string, view: FileView): PackageJson | null {
  const read = readPackageJson(view)
  const globs = [...rootPkg.workspaces, ...pnpmPackages(root)]
  if (read.ok && workspaceFolders(root, globs).includes(folder)) return read.pkg
  if (!isProject(root, folder) || findLocks(view).length > 0) return null
  const shared = sharedPackage(rootPkg, view)
  return read.ok ? { ...shared, name: read.pkg.name, scripts: read.pkg.scripts } : shared
}

/** Whether a folder without a manifest is a project of Nx or Moon, whose dependencies stand at the root. */
export function isProject(root: FileView, folder: string): boolean {
  return nxProjects(root).has(folder) || moonProjects(root).has(folder)
}

/** Frameworks that one of several apps uses show in its folder. */
const MARKED: Readonly<Record<string, string>> = {
  next: 'next.config',
  nuxt: 'nuxt.config',
  astro: 'astro.config',
  vite: 'vite.config',
  '@sveltejs/kit': 'svelte.config',
  '@react-router/dev': 'react-router.config',
}
const UNMARKED =
  /^(?:@nestjs\/|@remix-run\/|@strapi\/|@adonisjs\/|@angular\/|@storybook\/|storybook$|react-scripts$|gatsby$|expo$|parcel$|vitepress$|vuepress$|@docusaurus\/|@11ty\/|@vue\/cli|fastify-cli$|express$|fastify$|koa$|hono$)/

/** What stands at the root for all apps together, as far as it may be this one's. */
function sharedPackage(rootPkg: PackageJson, view: FileView): PackageJson {
  const mine = (dependencies: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(dependencies).filter(([name]) => {
        const config = own(MARKED, name)
        return config === undefined ? !UNMARKED.test(name) : view.exists(`${config}.{js,mjs,cjs,ts,mts,cts}`)
      }),
    )
  return {
    ...rootPkg,
    name: null,
    main: null,
    scripts: {},
    workspaces: [],
    bin: [],
    dependencies: mine(rootPkg.dependencies),
    devDependencies: mine(rootPkg.devDependencies),
  }
}

/** A path of the app, seen from the root. */
export const below = (folder: string, path: string): string => posix.join(folder, path)

/** Everything of the repository but the projects that the app does without. */
export function relevantFiles(place: Place, manager: ManagerName): string[] {
  if (place.folder === '.') return ['.']
  const repository = { view: place.root, rootPkg: place.rootPkg, manager }
  const needed = new Set(neededBy(repository, place.folder).map(({ folder }) => folder))
  const unrelated = [...projectsOf(repository).keys()].filter(
    (folder) =>
      folder !== '.' && !needed.has(folder) && ![...needed].some((one) => one.startsWith(`${folder}/`)),
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

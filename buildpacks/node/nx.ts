import { posix } from 'node:path'
import { z } from 'zod'
import type { FileView } from '../file-view.ts'
import { siteFolder } from '../static-site.ts'
import type { Output } from './frameworks/framework.ts'

const Targets = z.record(
  z.string(),
  z.object({
    executor: z.string().catch(''),
    options: z.record(z.string(), z.unknown()).catch({}),
  }),
)
const ProjectJson = z.object({
  name: z
    .string()
    .regex(/^[\w@/.-]+$/)
    .optional()
    .catch(undefined),
  projectType: z.string().catch(''),
  targets: Targets.catch({}),
  implicitDependencies: z.array(z.string()).catch([]),
})
type ProjectJson = z.infer<typeof ProjectJson>

const MAX_PROJECTS = 1000
const MAX_SOURCES = 3000
const CODE = /\.(?:[cm]?[jt]s|[jt]sx|vue|svelte)$/

/** Folders of a repository's Nx projects, with the names that Nx knows them by. */
export function nxProjects(view: FileView): Map<string, string> {
  if (!view.exists('nx.json')) return new Map()
  const files = view.list('**/project.json').slice(0, MAX_PROJECTS)
  return new Map(
    files.flatMap((file) => {
      const folder = posix.dirname(file)
      const project = readProject(view, folder)
      return project === null || folder === '.'
        ? []
        : [[folder, project.name ?? posix.basename(folder)] as const]
    }),
  )
}

function readProject(view: FileView, folder: string): ProjectJson | null {
  const file = view.read(posix.join(folder, 'project.json'))
  if (!file.ok) return null
  try {
    return ProjectJson.parse(JSON.parse(file.text))
  } catch {
    return null
  }
}

/** Whether a folder is an application that is not there to test another. */
export function isNxApp(view: FileView, folder: string): boolean {
  const project = readProject(view, folder)
  return project?.projectType === 'application' && !folder.endsWith('-e2e')
}

/** Names and folders of projects that one imports or names. */
export function nxNeeds(view: FileView, folder: string, folders: readonly string[]): string[] {
  const project = view.exists('nx.json') ? readProject(view, folder) : null
  if (project === null) return []
  const manifest = view.read(posix.join(folder, 'project.json'))
  const text = manifest.ok ? manifest.text : ''
  const named = folders.filter(
    (other) =>
      other !== folder && text.includes(other) && new RegExp(`["'/{]${escaped(other)}["'/]`).test(text),
  )
  const owner = (path: string) => folders.find((other) => path === other || path.startsWith(`${other}/`))
  const aliases = readAliases(view)
  const imported = new Set<string>()
  const sources = view.list().filter((path) => path.startsWith(`${folder}/`) && CODE.test(path))
  for (const path of sources.slice(0, MAX_SOURCES)) {
    const file = view.read(path)
    for (const name of file.ok ? importsOf(file.text) : []) {
      const target = name.startsWith('.') ? posix.join(posix.dirname(path), name) : resolved(aliases, name)
      const other = target === null ? undefined : owner(target)
      if (other !== undefined && other !== folder) imported.add(other)
    }
  }
  return [
    ...named,
    ...project.implicitDependencies.filter((name) => !name.startsWith('!')),
    ...[...imported].sort(),
  ]
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

function importsOf(code: string): string[] {
  const found = code.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"\n]+)['"]/g)
  return [...found].map(([, name]) => name ?? '')
}

const aliasesOf = new WeakMap<FileView, Map<string, string>>()

/** `compilerOptions.paths` of the repository: what a name stands for. Asked for by each of its projects. */
function readAliases(view: FileView): Map<string, string> {
  const known = aliasesOf.get(view)
  if (known !== undefined) return known
  const aliases = parseAliases(view)
  aliasesOf.set(view, aliases)
  return aliases
}

function parseAliases(view: FileView): Map<string, string> {
  for (const path of ['tsconfig.base.json', 'tsconfig.json']) {
    const file = view.read(path)
    const paths = file.ok ? /"paths"\s*:\s*\{([^}]*)\}/.exec(file.text)?.[1] : undefined
    if (paths === undefined) continue
    const found = paths.matchAll(/"([^"]+)"\s*:\s*\[\s*"([^"]+)"/g)
    return new Map([...found].map(([, name, target]) => [name ?? '', posix.normalize(target ?? '')]))
  }
  return new Map()
}

function resolved(aliases: ReadonlyMap<string, string>, name: string): string | null {
  const exact = aliases.get(name)
  if (exact !== undefined) return exact
  for (const [alias, target] of aliases) {
    const prefix = alias.endsWith('*') ? alias.slice(0, -1) : null
    if (prefix !== null && name.startsWith(prefix)) return target.replace(/\*$/, name.slice(prefix.length))
  }
  return null
}

const SITES = /:(?:application|browser|browser-esbuild|build)$/
const SITE_MAKERS = /^@nx\/(?:vite|angular|web|rspack|rollup)|^@angular/

/** What the build target of a project leaves, as seen from its folder; null: its own files have to tell. */
export function nxOutput(view: FileView, folder: string): Output | null {
  const target = readProject(view, folder)?.targets['build']
  const said = target?.options['outputPath']
  const base: unknown = typeof said === 'object' && said !== null && 'base' in said ? said.base : said
  const path =
    typeof base === 'string'
      ? siteFolder(base.replace('{workspaceRoot}/', '').replace('{projectRoot}', folder))
      : null
  if (target === undefined || path === null) return null
  const { executor, options } = target
  const dir = posix.relative(folder, path)
  const site = SITE_MAKERS.test(executor) && SITES.test(executor) && options['target'] !== 'node'
  if (site || options['target'] === 'web') {
    const nested = executor.endsWith(':application') ? posix.join(dir, 'browser') : dir
    return { kind: 'site', dir: nested, indexFallback: true, immutable: [] }
  }
  const main = typeof options['main'] === 'string' ? posix.parse(options['main']).name : 'main'
  const file = typeof options['outputFileName'] === 'string' ? options['outputFileName'] : `${main}.js`
  return /^[\w.-]+$/.test(file) ? { kind: 'server', start: `node ${posix.join(dir, file)}` } : null
}

/** Whether Nx can build the project: by a target of its own, or by one that a plugin derives from its files. */
export function nxBuilds(view: FileView, folder: string): boolean {
  const config = view.read('nx.json')
  const plugins = config.ok && /"plugins"\s*:/.test(config.text)
  return plugins || readProject(view, folder)?.targets['build'] !== undefined
}

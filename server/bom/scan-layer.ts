import { type Dirent } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Component, distinct } from './component.ts'
import { goBuildInfo } from './go-binary.ts'
import { jarComponents, zipNames } from './jar.ts'

/** A release that has more of anything than this is described by what was found up to here. */
const MOST_FOLDERS = 60_000
const MOST_DEPTH = 12
const MOST_PROGRAM = 256 << 20
const AT_ONCE = 16

const Package = z.object({ name: z.string(), version: z.string() })
const Installed = z.object({ packages: z.array(Package) })

interface Scan {
  readonly root: string
  readonly groups: ReadonlyMap<string, string>
  readonly found: Component[]
  left: number
}

/**
 * The packages that lie in a layer's `app` folder, each by what its package manager leaves behind. Nothing is followed
 * out of it, nothing is run. `groups`: of Maven's artifacts, as the build file names them.
 */
export async function scanLayer(layer: string, groups: ReadonlyMap<string, string>): Promise<Component[]> {
  const scan: Scan = { root: layer, groups, found: [], left: MOST_FOLDERS }
  let level = ['app']
  for (let depth = 0; depth < MOST_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = []
    for (let at = 0; at < level.length; at += AT_ONCE)
      next.push(...(await Promise.all(level.slice(at, at + AT_ONCE).map((one) => look(scan, one)))).flat())
    level = next
  }
  return distinct(scan.found)
}

/** Looks at one folder and returns those below it that are to be looked at as well. */
async function look(scan: Scan, folder: string): Promise<string[]> {
  if (scan.left <= 0) return []
  scan.left -= 1
  const entries = await readdir(join(scan.root, folder), { withFileTypes: true }).catch((): Dirent[] => [])
  const next: string[] = []
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) next.push(...(await lookInto(scan, folder, path, entry.name)))
    else if (entry.isFile()) await lookAt(scan, path, entry.name)
  }
  return next
}

async function lookInto(scan: Scan, parent: string, path: string, name: string): Promise<string[]> {
  const from = path.slice('app/'.length)
  if (name === 'node_modules') return await nodeModules(scan, path)
  const wheel = /^(.+?)-([^-]+)\.(?:dist|egg)-info$/.exec(name)
  if (wheel?.[1] !== undefined && wheel[2] !== undefined) {
    const own = wheel[1].toLowerCase().replaceAll(/[._-]+/g, '-')
    scan.found.push({ ecosystem: 'pypi', name: own, version: wheel[2], from })
    return []
  }
  // Packages of Python hold no others; their folders are many.
  if (parent.endsWith('/site-packages') || parent.endsWith('/dist-packages') || name === '.git') return []
  return [path]
}

/** Each package of a node_modules folder, and the folders of this kind within those. */
async function nodeModules(scan: Scan, folder: string): Promise<string[]> {
  const entries = await readdir(join(scan.root, folder), { withFileTypes: true }).catch((): Dirent[] => [])
  const packages: string[] = []
  for (const entry of entries) {
    if (!entry.isDirectory()) continue
    const path = `${folder}/${entry.name}`
    if (entry.name.startsWith('@')) packages.push(...(await folders(scan.root, path)))
    else if (entry.name === '.pnpm') {
      for (const one of await folders(scan.root, path)) packages.push(...(await pnpmPackages(scan.root, one)))
    } else if (!entry.name.startsWith('.')) packages.push(path)
  }
  const below: string[] = []
  for (let at = 0; at < packages.length && scan.left > 0; at += AT_ONCE) {
    const some = packages.slice(at, at + AT_ONCE)
    scan.left -= some.length
    const read = await Promise.all(some.map((path) => nodePackage(scan, path)))
    below.push(...read.flat())
  }
  return below
}

/** `.pnpm/<name>@<version>/node_modules/<name>` is the package; what lies beside it are links to others. */
async function pnpmPackages(root: string, place: string): Promise<string[]> {
  const inside = await folders(root, `${place}/node_modules`)
  const nested = await Promise.all(
    inside.map((path) => (/\/@[^/]+$/.test(path) ? folders(root, path) : Promise.resolve([path]))),
  )
  return nested.flat()
}

const folders = async (root: string, folder: string): Promise<string[]> =>
  (await readdir(join(root, folder), { withFileTypes: true }).catch((): Dirent[] => []))
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`)

async function nodePackage(scan: Scan, path: string): Promise<string[]> {
  const text = await readFile(join(scan.root, path, 'package.json'), 'utf8').catch(() => null)
  const parsed = text === null ? null : Package.safeParse(json(text))
  if (parsed?.success === true)
    scan.found.push({ ecosystem: 'npm', ...parsed.data, from: path.slice('app/'.length) })
  const inner = `${path}/node_modules`
  const there = await readdir(join(scan.root, inner)).catch(() => null)
  return there === null ? [] : await nodeModules(scan, inner)
}

async function lookAt(scan: Scan, path: string, name: string): Promise<void> {
  const from = path.slice('app/'.length)
  const gem = /^(.+?)-(\d[^-]*)(?:-.+)?\.gemspec$/.exec(name)
  if (gem?.[1] !== undefined && gem[2] !== undefined && /\/specifications(\/default)?\/[^/]+$/.test(path)) {
    scan.found.push({ ecosystem: 'gem', name: gem[1], version: gem[2], from })
  } else if (path.endsWith('vendor/composer/installed.json')) {
    const parsed = Installed.safeParse(json(await readFile(join(scan.root, path), 'utf8').catch(() => '')))
    if (parsed.success)
      scan.found.push(
        ...parsed.data.packages.map((one) => ({
          ecosystem: 'composer' as const,
          name: one.name,
          version: one.version.replace(/^v(?=\d)/, ''),
          from,
        })),
      )
  } else if (name.endsWith('.jar') || name.endsWith('.war')) {
    const data = await readProgram(join(scan.root, path), 'PK')
    if (data !== null) scan.found.push(...jarComponents(path, zipNames(data), scan.groups, from))
  } else if (!name.includes('.') || name.endsWith('.bin')) {
    const data = await readProgram(join(scan.root, path), '\x7fELF')
    if (data !== null) scan.found.push(...(goBuildInfo(data, from) ?? []))
  }
}

/** A file's content if it begins like this. Most files are told apart by their first bytes. */
async function readProgram(path: string, magic: string): Promise<Buffer | null> {
  try {
    await using file = await open(path, 'r')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    if (!buffer.toString('latin1', 0, bytesRead).startsWith(magic)) return null
    const { size } = await file.stat()
    return size > MOST_PROGRAM ? null : await readFile(path)
  } catch {
    // Gone, or not to be read: then it is not told of.
    return null
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

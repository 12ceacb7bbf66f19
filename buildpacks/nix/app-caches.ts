import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BuildCache } from '../engine.ts'
import { usedMb } from './disk.ts'

/** Above this an app's caches lose what was not used for longest: filling it again costs one slower build. */
export const CACHE_MB = 2048

/** A cache as a step asks for it. */
export interface CacheWish {
  readonly name: string
  readonly scope: 'app' | 'app+branch'
}

/** What a stage gets of an app's caches. */
export interface OpenCaches {
  /** Shown at /cache. */
  readonly shared: string
  /** Folders shown over folders of it. */
  readonly over: readonly { readonly name: string; readonly folder: string }[]
}

/** Where a stage's caches lie. */
export const cacheFolders = ({ shared, over }: OpenCaches): string[] => [
  shared,
  ...over.map(({ folder }) => folder),
]

interface Found {
  readonly cache: Omit<BuildCache, 'mb'>
  readonly folder: string
}

/** Names of branches may hold anything; what is left of them is told apart by a hash. */
export function branchFolder(branch: string): string {
  const hash = createHash('sha256').update(branch).digest('hex').slice(0, 8)
  return `${branch.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 60)}~${hash}`
}

/** What has to go so that the rest fits: the ones that were not used for longest first. Pure. */
export function cachesToDrop<Cache extends { readonly mb: number; readonly usedAt: number }>(
  caches: readonly Cache[],
  limitMb: number,
): Cache[] {
  let total = caches.reduce((sum, { mb }) => sum + mb, 0)
  const drop: Cache[] = []
  for (const cache of caches.toSorted((a, b) => a.usedAt - b.usedAt || b.mb - a.mb)) {
    if (total <= limitMb) break
    drop.push(cache)
    total -= cache.mb
  }
  return drop
}

/**
 * Caches below `<home>/cache`, one set for each app: whoever writes a cache decides what its next reader gets, so no
 * app's build ever sees another's. `apps/<app>/<cache>` is for all branches, `branches/<app>/<branch>/<cache>` for one.
 */
export class AppCaches {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Makes what a step asks for. Builds run as different users, so each folder is open to all below a closed one. */
  async open(app: string, wishes: readonly CacheWish[], branch: string | null): Promise<OpenCaches> {
    for (const name of ['apps', 'branches'])
      await mkdir(join(this.#root, name), { recursive: true, mode: 0o700 })
    const shared = join(this.#root, 'apps', app)
    await openFolder(shared)
    const over: { name: string; folder: string }[] = []
    for (const { name, scope } of wishes) {
      await openFolder(join(shared, name))
      if (scope === 'app' || branch === null) continue
      const folder = join(this.#root, 'branches', app, branchFolder(branch), name)
      await openFolder(folder)
      over.push({ name, folder })
    }
    return { shared, over }
  }

  async #find(app: string): Promise<Found[]> {
    const found: Found[] = []
    const look = async (folder: string, branch: string | null) => {
      for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        if (!entry.isDirectory()) continue
        const path = join(folder, entry.name)
        const usedAt = (await stat(path)).mtimeMs
        found.push({ cache: { name: entry.name, branch, usedAt }, folder: path })
      }
    }
    await look(join(this.#root, 'apps', app), null)
    const branches = join(this.#root, 'branches', app)
    for (const name of await readdir(branches).catch((): string[] => []))
      await look(join(branches, name), name.replace(/~[0-9a-f]{8}$/, ''))
    return found
  }

  /** All caches of an app that hold something, with their sizes. Walks through them. */
  async sizes(app: string): Promise<BuildCache[]> {
    const caches: BuildCache[] = []
    for (const { cache, folder } of await this.#find(app)) {
      const mb = await usedMb([folder])
      if (mb > 0) caches.push({ ...cache, mb })
    }
    return caches
  }

  /** Forgets everything; what a build that runs right now has open goes on under it. MB freed. */
  async purge(app: string): Promise<number> {
    const freed = (await this.sizes(app)).reduce((sum, { mb }) => sum + mb, 0)
    for (const group of ['apps', 'branches']) await drop(join(this.#root, group, app))
    return freed
  }

  /** Drops what an app has too much. The names of what went. */
  async trim(app: string, limitMb: number = CACHE_MB): Promise<string[]> {
    const sized = await Promise.all(
      (await this.#find(app)).map(async ({ cache, folder }) => ({
        ...cache,
        folder,
        mb: await usedMb([folder]),
      })),
    )
    const gone = cachesToDrop(sized, limitMb)
    for (const { folder } of gone) await drop(folder)
    return gone.map(({ name }) => name)
  }

  async apps(): Promise<string[]> {
    const names = await Promise.all(
      ['apps', 'branches'].map((group) => readdir(join(this.#root, group)).catch((): string[] => [])),
    )
    return [...new Set(names.flat())].filter((name) => !name.startsWith('.')).sort()
  }

  /** Remains of folders that were being deleted when we were killed. */
  async sweep(): Promise<void> {
    for (const group of ['apps', 'branches'])
      for (const name of await readdir(join(this.#root, group)).catch((): string[] => []))
        if (name.startsWith('.')) await rm(join(this.#root, group, name), { recursive: true, force: true })
  }
}

async function openFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o777)
  const now = new Date()
  await utimes(folder, now, now)
}

/** Out of the way first, so that a build that starts meanwhile finds nothing or everything. */
async function drop(folder: string): Promise<void> {
  const aside = join(dirname(folder), `.${basename(folder)}.${process.pid}.${performance.now().toFixed(3)}`)
  try {
    await rename(folder, aside)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  await rm(aside, { recursive: true, force: true })
}

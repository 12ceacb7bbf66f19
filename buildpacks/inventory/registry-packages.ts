import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import semver from 'semver'
import { z } from 'zod'
import { InventoryUnreachable } from './inventory.ts'

export const PackageVersion = z.object({
  version: z.string(),
  /** Subresource integrity of the tarball. */
  integrity: z.string(),
  tarball: z.string(),
  /** Range of Node versions that it declares to work with. */
  node: z.string().nullable(),
})
export type PackageVersion = z.infer<typeof PackageVersion>

const sorted = new WeakMap<readonly PackageVersion[], readonly PackageVersion[]>()

/** Those that are no prerelease, the newest first. The same list is sorted once. */
export function released(offered: readonly PackageVersion[]): readonly PackageVersion[] {
  const before = sorted.get(offered)
  if (before !== undefined) return before
  const list = offered
    .filter(({ version }) => semver.prerelease(version) === null)
    .sort((a, b) => semver.rcompare(a.version, b.version))
  sorted.set(offered, list)
  return list
}

export interface PackageList {
  readonly versions: readonly PackageVersion[]
  /** Set when the registry did not answer and this is what it said then (milliseconds since 1970). */
  readonly staleSince: number | null
}

/** The versions of a package in an npm registry. */
export interface RegistryPackages {
  list(name: string, now: number): Promise<PackageList>
}

const Cached = z.object({
  registry: z.string(),
  fetchedAt: z.number(),
  etag: z.string().nullable(),
  versions: z.array(PackageVersion),
})
type Cached = z.infer<typeof Cached>

/** The part of a registry's abbreviated document that is used. */
const Packument = z.object({
  versions: z.record(
    z.string(),
    z.object({
      dist: z.object({
        tarball: z.string(),
        integrity: z.string().optional(),
        shasum: z.string().optional(),
      }),
      engines: z.unknown().optional(),
    }),
  ),
})

const FRESH_MS = 60 * 60 * 1000
const TIMEOUT_MS = 20_000

/** Reads from the registry that the machine's npm is configured for; remembers an hour on disk, and beyond that if nobody answers. */
export function registryPackages(registry: string, cacheFolder: string): RegistryPackages {
  const running = new Map<string, Promise<PackageList>>()
  return {
    list(name, now) {
      const current = running.get(name)
      if (current !== undefined) return current
      const started = load(registry, cacheFolder, name, now).finally(() => running.delete(name))
      running.set(name, started)
      return started
    },
  }
}

async function load(registry: string, folder: string, name: string, now: number): Promise<PackageList> {
  const file = join(
    folder,
    `${createHash('sha256').update(`${registry}\n${name}`).digest('hex').slice(0, 16)}-${name.replace(/[^\w.-]/g, '_')}.json`,
  )
  const known = await readCache(file, registry)
  if (known !== null && now - known.fetchedAt < FRESH_MS && now >= known.fetchedAt)
    return { versions: known.versions, staleSince: null }
  let fetched: Cached
  try {
    fetched = await ask(registry, name, known, now)
  } catch (cause) {
    if (known !== null) return { versions: known.versions, staleSince: known.fetchedAt }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InventoryUnreachable(
      `The package registry did not say which versions of ${name} there are: ${reason}`,
      { cause },
    )
  }
  await writeCache(folder, file, fetched)
  return { versions: fetched.versions, staleSince: null }
}

async function ask(registry: string, name: string, known: Cached | null, now: number): Promise<Cached> {
  const url = new URL(name.replace('/', '%2f'), registry.endsWith('/') ? registry : `${registry}/`)
  const headers: Record<string, string> = {
    accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8',
  }
  if (known?.etag != null) headers['if-none-match'] = known.etag
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (answer.status === 304 && known !== null) return { ...known, fetchedAt: now }
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  const { versions } = Packument.parse(await answer.json())
  return {
    registry,
    fetchedAt: now,
    etag: answer.headers.get('etag'),
    versions: Object.entries(versions).flatMap(([version, { dist, engines }]) => {
      const integrity =
        dist.integrity ??
        (dist.shasum === undefined ? null : `sha1-${Buffer.from(dist.shasum, 'hex').toString('base64')}`)
      return integrity === null ? [] : [{ version, integrity, tarball: dist.tarball, node: nodeOf(engines) }]
    }),
  }
}

function nodeOf(engines: unknown): string | null {
  if (typeof engines !== 'object' || engines === null || !('node' in engines)) return null
  return typeof engines.node === 'string' ? engines.node : null
}

/** What was read last, by file: a list of a thousand versions takes as long to read as all of planning. */
const remembered = new Map<string, { readonly mtime: number; readonly cached: Cached }>()
const REMEMBERED = 16

async function readCache(file: string, registry: string): Promise<Cached | null> {
  try {
    const { mtimeMs: mtime } = await stat(file)
    const before = remembered.get(file)
    const cached =
      before?.mtime === mtime ? before.cached : Cached.parse(JSON.parse(await readFile(file, 'utf8')))
    if (remembered.size >= REMEMBERED) remembered.clear()
    remembered.set(file, { mtime, cached })
    return cached.registry === registry ? cached : null
  } catch {
    // Absent or written by another version: the registry knows better.
    return null
  }
}

async function writeCache(folder: string, file: string, cached: Cached): Promise<void> {
  await mkdir(folder, { recursive: true })
  const temporary = `${file}.${process.pid}.${performance.now()}.tmp`
  await writeFile(temporary, JSON.stringify(cached))
  await rename(temporary, file)
}

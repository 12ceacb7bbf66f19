import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { own } from '../own.ts'
import { clausesOf, compareReleases, releaseOf, satisfiesClause } from '../pep440.ts'
import type { Tool } from '../plan.ts'
import { type Inventory, InventoryUnreachable, type Resolution } from './inventory.ts'
import { staleNote } from './stale-note.ts'

export const IndexFile = z.object({
  filename: z.string(),
  url: z.string(),
  hashes: z.object({ sha256: z.string().optional() }),
  yanked: z.union([z.boolean(), z.string()]).optional(),
})
export type IndexFile = z.infer<typeof IndexFile>
const Answer = z.object({ files: z.array(IndexFile) })
const Cached = z.object({ fetchedAt: z.number(), files: z.array(IndexFile) })

const FRESH_MS = 60 * 60 * 1000
const TIMEOUT_MS = 20_000
const KEPT = 3000

/** Tools that the index has under another name than people know them by. */
export const WHEEL_OF = { zig: 'ziglang' } as const
const NAMES: Readonly<Record<string, string>> = WHEEL_OF

/** Names of the machine in wheels. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/**
 * Tools of Python's package index. Where pip is told of no index, it is left to pip, which knows one of its own: the
 * version stays open in the plan, and the first build of the tool decides.
 */
export function pypiInventory(index: string | null, cacheFolder: string, architecture: string): Inventory {
  return {
    async resolve(tool, { locked, now }) {
      if (index === null) return { ok: true, version: null, hash: null, url: null, notes: [] }
      const { files, staleSince } = await listFiles(
        index,
        cacheFolder,
        own(NAMES, tool.name) ?? tool.name,
        now,
      )
      const chosen = chooseWheel(tool, files, ARCHITECTURES[architecture] ?? architecture, locked)
      return chosen.ok
        ? { ...chosen, notes: [...staleNote(tool.name, staleSince, now), ...chosen.notes] }
        : chosen
    },
  }
}

/** The newest release with a wheel for this machine that fits. */
export function chooseWheel(
  tool: Tool,
  files: readonly IndexFile[],
  machine: string,
  locked: string | null,
): Resolution {
  const wheels = files.flatMap((file) => {
    const [, version = '', tags = ''] = /^[^-]+-([^-]+)-(.+)\.whl$/.exec(file.filename) ?? []
    const release = releaseOf(version)
    const runs = tags.endsWith('-any') || (tags.includes('manylinux') && tags.endsWith(machine))
    const usable = file.yanked === undefined || file.yanked === false
    return release !== null && runs && usable ? [{ version, release, file }] : []
  })
  wheels.sort((a, b) => compareReleases(b.release, a.release))
  const clauses = tool.want === '*' ? [] : clausesOf(tool.want)
  const fits = wheels.filter(({ release }) => clauses.every((clause) => satisfiesClause(release, clause)))
  const chosen = fits.find(({ version }) => version === locked) ?? fits[0]
  if (chosen === undefined) {
    const newest = wheels.slice(0, 3).map(({ version }) => version)
    return {
      ok: false,
      message: `${tool.name} ${tool.want} is not available (asked for by ${tool.from})`,
      hint:
        newest.length === 0
          ? 'The package index has none; ask the operator to look at it.'
          : `The newest that are: ${newest.join(', ')}.`,
    }
  }
  const { sha256 } = chosen.file.hashes
  const hash = sha256 === undefined ? null : `sha256-${Buffer.from(sha256, 'hex').toString('base64')}`
  return { ok: true, version: chosen.version, hash, url: chosen.file.url, notes: [] }
}

async function listFiles(
  index: string,
  folder: string,
  name: string,
  now: number,
): Promise<{ files: readonly IndexFile[]; staleSince: number | null }> {
  const file = join(
    folder,
    `pypi-${createHash('sha256').update(`${index}\n${name}`).digest('hex').slice(0, 16)}.json`,
  )
  const known = await readCache(file)
  if (known !== null && now >= known.fetchedAt && now - known.fetchedAt < FRESH_MS)
    return { files: known.files, staleSince: null }
  try {
    const files = (await ask(index, name)).slice(-KEPT)
    await mkdir(folder, { recursive: true })
    const temporary = `${file}.${process.pid}.${performance.now()}.tmp`
    await writeFile(temporary, JSON.stringify({ fetchedAt: now, files }))
    await rename(temporary, file)
    return { files, staleSince: null }
  } catch (cause) {
    if (known !== null) return { files: known.files, staleSince: known.fetchedAt }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InventoryUnreachable(
      `The package index did not say which versions of ${name} there are: ${reason}`,
      { cause },
    )
  }
}

/** JSON where the index speaks it, else the links of its page. */
async function ask(index: string, name: string): Promise<IndexFile[]> {
  const url = new URL(`${name}/`, index.endsWith('/') ? index : `${index}/`)
  const headers: Record<string, string> = {
    accept: 'application/vnd.pypi.simple.v1+json; q=1.0, text/html; q=0.5',
  }
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
    url.username = ''
    url.password = ''
  }
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  const text = await answer.text()
  if ((answer.headers.get('content-type') ?? '').includes('json')) return Answer.parse(JSON.parse(text)).files
  return [...text.matchAll(/<a [^>]*href="([^"#]+)(?:#sha256=([0-9a-f]{64}))?"[^>]*>([^<]+)<\/a>/g)].map(
    ([, href = '', sha256, filename = '']) => ({
      filename: filename.trim(),
      url: new URL(href, answer.url).href,
      hashes: sha256 === undefined ? {} : { sha256 },
    }),
  )
}

async function readCache(file: string): Promise<z.infer<typeof Cached> | null> {
  try {
    return Cached.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // Absent or written by another version: the index knows better.
    return null
  }
}

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { join, posix } from 'node:path'
import { isGlob, matchesGlob } from './glob.ts'

export type ReadResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: 'missing' | 'not-a-file' | 'outside' | 'too-large' | 'binary' }

/**
 * Read-only view of a source folder: bounded, and unable to leave its root. Paths are relative with `/`. Symbolic links
 * are followed only while they stay inside; the tree is a stranger's, and what is read may end in a message.
 */
export interface FileView {
  /** Whether a path, or any file that fits a glob, exists. */
  exists(glob: string): boolean
  /** The first path (sorted) that fits the glob; null when there is none. */
  find(glob: string): string | null
  /** Text of a file up to `maxBytes` (1 MiB by default). */
  read(path: string, maxBytes?: number): ReadResult
  /** Files that fit the glob, sorted. Without a glob: every file within the bounds. */
  list(glob?: string): readonly string[]
}

export const MAX_READ_BYTES = 1 << 20
const MAX_FILES = 20_000
const MAX_DEPTH = 12
const MAX_LINKS = 16
/** Folders that no decision depends on, and that may be huge when somebody commits them. */
const SKIPPED = new Set(['node_modules', '.git', '.venv', 'venv', '__pycache__'])

export function openFolder(folder: string): FileView {
  const root = realpathSync(folder)
  let listed: readonly string[] | undefined
  const all = (): readonly string[] => (listed ??= listFiles(root))
  const view: FileView = {
    find(glob) {
      if (!isGlob(glob)) {
        const place = locate(root, glob)
        return place !== 'missing' && place !== 'outside' ? glob : null
      }
      return all().find((path) => matchesGlob(path, glob)) ?? null
    },
    exists: (glob) => view.find(glob) !== null,
    read(path, maxBytes = MAX_READ_BYTES) {
      const place = locate(root, path)
      if (place === 'missing' || place === 'outside') return { ok: false, reason: place }
      return readText(place.path, maxBytes)
    },
    list: (glob) => (glob === undefined ? all() : all().filter((path) => matchesGlob(path, glob))),
  }
  return view
}

/** The part of a view below a folder, as a view of its own. */
export function subView(view: FileView, folder: string): FileView {
  const prefix = `${folder}/`
  const inner = (path: string): string => path.slice(prefix.length)
  let listed: readonly string[] | undefined
  const all = () =>
    (listed ??= view
      .list()
      .filter((path) => path.startsWith(prefix))
      .map(inner))
  const inside = (path: string) => !posix.normalize(path).startsWith('..') && !path.startsWith('/')
  const sub: FileView = {
    find(glob) {
      if (isGlob(glob)) return all().find((path) => matchesGlob(path, glob)) ?? null
      return inside(glob) && view.exists(prefix + glob) ? glob : null
    },
    exists: (glob) => sub.find(glob) !== null,
    read: (path, maxBytes) =>
      inside(path) ? view.read(prefix + path, maxBytes) : { ok: false, reason: 'outside' },
    list: (glob) => (glob === undefined ? all() : all().filter((path) => matchesGlob(path, glob))),
  }
  return sub
}

/** Breadth first, so that the bound cuts off what is deep rather than what is late in the alphabet. */
function listFiles(root: string): string[] {
  const found: string[] = []
  let level: string[] = ['']
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && found.length < MAX_FILES; depth++) {
    const next: string[] = []
    for (const folder of level) {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (entry.isDirectory()) {
          if (!SKIPPED.has(entry.name)) next.push(path)
        } else if (found.length < MAX_FILES) {
          found.push(path)
        }
      }
    }
    level = next
  }
  return found.sort()
}

/** Walks the path component by component and resolves links itself, so that none leads out of the root. */
function locate(root: string, path: string): { path: string } | 'missing' | 'outside' {
  const pending = path.split('/').reverse()
  const done: string[] = []
  let links = 0
  if (path.startsWith('/') || path.includes('\0')) return 'outside'
  while (pending.length > 0) {
    const name = pending.pop() ?? ''
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (done.pop() === undefined) return 'outside'
      continue
    }
    const here = join(root, ...done, name)
    const entry = lstatSync(here, { throwIfNoEntry: false })
    if (entry === undefined) return 'missing'
    if (!entry.isSymbolicLink()) {
      if (pending.length > 0 && !entry.isDirectory()) return 'missing'
      done.push(name)
      continue
    }
    links += 1
    if (links > MAX_LINKS) return 'missing'
    const target = readlinkSync(here)
    if (target.startsWith('/')) return 'outside'
    pending.push(...target.split('/').reverse())
  }
  return { path: join(root, ...done) }
}

function readText(path: string, maxBytes: number): ReadResult {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size, isFile } = statOf(file)
    if (!isFile) return { ok: false, reason: 'not-a-file' }
    if (size > maxBytes) return { ok: false, reason: 'too-large' }
    const bytes = Buffer.alloc(size)
    let length = 0
    while (length < size) {
      const got = readSync(file, bytes, length, size - length, length)
      if (got === 0) break
      length += got
    }
    return decode(bytes.subarray(0, length))
  } finally {
    closeSync(file)
  }
}

function statOf(file: number): { size: number; isFile: boolean } {
  const stat = fstatSync(file)
  return { size: stat.size, isFile: stat.isFile() }
}

function decode(bytes: Uint8Array): ReadResult {
  if (bytes.includes(0)) return { ok: false, reason: 'binary' }
  try {
    // The decoder drops a byte order mark by itself.
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { ok: false, reason: 'binary' }
  }
}

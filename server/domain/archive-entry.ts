/** One entry of an uploaded archive, as its header names it. */
export interface ArchiveEntry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link' | 'hard link' | 'device' | 'other'
  /** Of links: where they lead. */
  readonly target: string
}

export type EntryVerdict =
  /** `path` without `.` and doubled slashes. */
  | { readonly kind: 'take'; readonly path: string }
  /** A repository's own folder, or the root itself: nothing of an app. */
  | { readonly kind: 'skip' }
  | { readonly kind: 'refuse'; readonly why: string }

const MOST_PATH = 1024
const MOST_NAME = 255

const refuse = (why: string): EntryVerdict => ({ kind: 'refuse', why })
/** For messages: short, and on one line. */
const shown = (path: string) => JSON.stringify(path.length > 120 ? `${path.slice(0, 120)}…` : path)

/** Whether an entry of a stranger's archive may become a part of the source. Pure. */
export function judgeEntry({ path, kind, target }: ArchiveEntry): EntryVerdict {
  const name = shown(path)
  if (path.startsWith('/'))
    return refuse(`${name} begins at the root of the file system; paths must be relative`)
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) return refuse(`${name} leads out of the archive`)
  if (/[\p{Cc}\ufffd]/u.test(path)) return refuse(`${name} has a character that no file name should have`)
  if (path.length > MOST_PATH || parts.some((part) => part.length > MOST_NAME))
    return refuse(`${name} is longer than a path may be`)
  if (parts.length === 0 || parts.some((part) => part.toLowerCase() === '.git')) return { kind: 'skip' }
  if (kind === 'device') return refuse(`${name} is a device or a pipe`)
  if (kind === 'other') return refuse(`${name} is neither a file nor a folder nor a link`)
  if (kind === 'link' && leavesTree(parts, target))
    return refuse(`${name} is a link to ${shown(target)}, which is outside of the archive`)
  return { kind: 'take', path: parts.join('/') }
}

/** Where a symbolic link leads, step by step: one that only comes back in the end has been outside. */
function leavesTree(link: readonly string[], target: string): boolean {
  if (target === '' || target.startsWith('/')) return true
  let depth = link.length - 1
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue
    depth += part === '..' ? -1 : 1
    if (depth < 0) return true
  }
  return false
}

/**
 * The folder that everything lies in, as archives of a repository have one; null: the files themselves are at the top.
 * An archive that names its root (`./`) says that it begins there.
 */
export function onlyFolder(paths: Iterable<string>, namesRoot: boolean): string | null {
  if (namesRoot) return null
  let only: string | null = null
  for (const path of paths) {
    const slash = path.indexOf('/')
    if (slash < 0) return null
    const top = path.slice(0, slash)
    if (only !== null && top !== only) return null
    only = top
  }
  return only
}

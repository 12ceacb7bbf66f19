import type { FileView } from '../file-view.ts'

export type ManagerName = 'npm' | 'pnpm' | 'yarn' | 'berry' | 'bun'

export interface Lock {
  readonly manager: ManagerName
  readonly file: string
  /** The format's version as it stands in the file: 3 for npm, 9 for pnpm, 8 for yarn 4. */
  readonly version: number | null
  /** A file without content, as some people commit it to name their manager. */
  readonly empty: boolean
}

/** The name of the tool, which is also its name in package.json. */
export const TOOL: Readonly<Record<ManagerName, string>> = {
  npm: 'npm',
  pnpm: 'pnpm',
  yarn: 'yarn',
  berry: 'yarn',
  bun: 'bun',
}
export const LOCK_FILE: Readonly<Record<ManagerName, string>> = {
  npm: 'package-lock.json',
  pnpm: 'pnpm-lock.yaml',
  yarn: 'yarn.lock',
  berry: 'yarn.lock',
  bun: 'bun.lock',
}

/** Locks of big monorepos reach tens of megabytes. */
const MAX_LOCK_BYTES = 64 << 20

const FILES: readonly { file: string; manager: ManagerName; version: RegExp | null }[] = [
  { file: 'pnpm-lock.yaml', manager: 'pnpm', version: /^lockfileVersion:\s*['"]?(\d+(?:\.\d+)?)/m },
  { file: 'bun.lock', manager: 'bun', version: /"lockfileVersion"\s*:\s*(\d+)/ },
  { file: 'bun.lockb', manager: 'bun', version: null },
  { file: 'yarn.lock', manager: 'yarn', version: null },
  { file: 'npm-shrinkwrap.json', manager: 'npm', version: /"lockfileVersion"\s*:\s*(\d+)/ },
  { file: 'package-lock.json', manager: 'npm', version: /"lockfileVersion"\s*:\s*(\d+)/ },
]

/**
 * The locks that lie in the app, one for each manager. package-lock.json comes last: it is the one that appears by
 * accident, when somebody types `npm install` in an app of another manager.
 */
export function findLocks(view: FileView): Lock[] {
  const found: Lock[] = []
  for (const { file, manager, version } of FILES) {
    if (found.some((one) => one.manager === manager) || !view.exists(file)) continue
    const read = view.read(file, MAX_LOCK_BYTES)
    // Only the head matters, and parsing tens of megabytes for one number would not pay.
    const head = read.ok ? read.text.slice(0, 4096) : ''
    const empty = read.ok && read.text.trim() === ''
    if (file === 'yarn.lock') {
      found.push(yarnLock(view, head, empty))
      continue
    }
    const number = version === null ? undefined : version.exec(head)?.[1]
    const first = manager === 'npm' && read.ok ? 1 : null
    found.push({ manager, file, version: number === undefined ? first : Number(number), empty })
  }
  return found
}

/** Both yarns call their lock yarn.lock; only the newer one begins it with metadata. */
function yarnLock(view: FileView, head: string, empty: boolean): Lock {
  const metadata = /^__metadata:\s*\n\s+version:\s*["']?(\d+)/m.exec(head)
  const berry = metadata !== null || (empty && view.exists('.yarnrc.yml'))
  return {
    manager: berry ? 'berry' : 'yarn',
    file: 'yarn.lock',
    version: metadata === null ? (berry ? null : 1) : Number(metadata[1]),
    empty,
  }
}

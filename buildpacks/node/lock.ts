import type { FileView } from '../file-view.ts'
import { type Refusal, refuse } from '../provider.ts'
import type { PackageJson } from './package-json.ts'

export interface NpmLock {
  readonly ok: true
  /** null: the app has no lock file. */
  readonly file: string | null
  readonly version: number | null
}

/** Locks of big monorepos reach tens of megabytes. */
const MAX_LOCK_BYTES = 64 << 20

const FOREIGN: readonly { file: string; manager: string }[] = [
  { file: 'pnpm-lock.yaml', manager: 'pnpm' },
  { file: 'yarn.lock', manager: 'yarn' },
  { file: 'bun.lock', manager: 'bun' },
  { file: 'bun.lockb', manager: 'bun' },
]

export function readLock(view: FileView, pkg: PackageJson): NpmLock | Refusal {
  const declared = /^(yarn|pnpm|bun)@/.exec(pkg.packageManager ?? '')?.[1]
  if (declared !== undefined) return notYet(declared, 'package.json#packageManager')
  for (const file of ['npm-shrinkwrap.json', 'package-lock.json']) {
    if (!view.exists(file)) continue
    const read = view.read(file, MAX_LOCK_BYTES)
    if (!read.ok)
      return refuse(
        `${file} cannot be read (${read.reason})`,
        'Make it anew with `npm install`, and commit it.',
      )
    // Only the head matters, and parsing tens of megabytes for one number would not pay.
    const version = /"lockfileVersion"\s*:\s*(\d+)/.exec(read.text.slice(0, 4096))?.[1]
    return { ok: true, file, version: version === undefined ? 1 : Number(version) }
  }
  const foreign = FOREIGN.find(({ file }) => view.exists(file))
  return foreign === undefined
    ? { ok: true, file: null, version: null }
    : notYet(foreign.manager, foreign.file)
}

function notYet(manager: string, from: string): Refusal {
  return refuse(
    `This app is installed with ${manager} (${from}), which is not supported yet`,
    `Use npm for now: run \`npm install\`, commit package-lock.json${from.includes('#') ? ', and remove packageManager from package.json' : ` and remove ${from}`}.`,
  )
}

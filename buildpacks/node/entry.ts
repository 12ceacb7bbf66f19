import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import type { PackageJson } from './package-json.ts'

const SUFFIXES = ['', '.js', '.cjs', '.mjs', '/index.js']
const USUAL = ['server.js', 'index.js', 'app.js', 'server.mjs', 'index.mjs', 'server.cjs', 'index.cjs']

/** The file that `node` would run: `main`, else a usual name. null when the app has neither. */
export function entryFile(view: FileView, pkg: PackageJson): string | null {
  if (pkg.main !== null) {
    const main = posix.normalize(pkg.main)
    const file = SUFFIXES.map((suffix) => main + suffix).find(
      (path) => /\.[cm]?js$/.test(path) && view.exists(path),
    )
    if (file !== undefined) return file
  }
  return USUAL.find((path) => view.exists(path)) ?? null
}

/** `main` where a build is going to make it. */
export function builtEntry(pkg: PackageJson): string | null {
  if (pkg.main === null) return null
  const main = posix.normalize(pkg.main)
  return !main.startsWith('..') && !posix.isAbsolute(main) && /^[\w./@-]+\.[cm]?js$/.test(main) ? main : null
}

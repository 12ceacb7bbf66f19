import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { shellWord } from '../shell-word.ts'
import { hasDependency, type PackageJson } from './package-json.ts'

const SUFFIXES = ['', '.js', '.cjs', '.mjs', '/index.js']
const USUAL = [
  'server.js',
  'index.js',
  'app.js',
  'server.mjs',
  'index.mjs',
  'server.cjs',
  'index.cjs',
  'main.js',
]
const BELOW = ['src/server.js', 'src/index.js', 'src/app.js', 'src/main.js']
/** Node runs TypeScript by itself since 22.18. */
const TYPED = ['server.ts', 'index.ts', 'app.ts', 'main.ts', 'src/server.ts', 'src/index.ts', 'src/main.ts']

/** The file that `node` would run: `main`, else a usual name. null when the app has neither. */
export function entryFile(view: FileView, pkg: PackageJson): string | null {
  if (pkg.main !== null) {
    const main = posix.normalize(pkg.main)
    const file = SUFFIXES.map((suffix) => main + suffix).find(
      (path) => /\.[cm]?[jt]s$/.test(path) && view.exists(path),
    )
    if (file !== undefined) return file
  }
  return [...USUAL, ...BELOW, ...TYPED].find((path) => view.exists(path)) ?? null
}

/** How an entry is run: by Node, or by what the app brings for TypeScript. */
export function entryCommand(file: string, pkg: PackageJson, manager: string): string {
  const word = shellWord(file)
  if (manager === 'bun' && !file.endsWith('js')) return `bun ${word}`
  const runner = file.endsWith('ts') ? ['tsx', 'ts-node'].find((name) => hasDependency(pkg, name)) : undefined
  return `${runner ?? 'node'} ${word}`
}

/** `main` where a build is going to make it. */
export function builtEntry(pkg: PackageJson): string | null {
  if (pkg.main === null) return null
  const main = posix.normalize(pkg.main)
  return !main.startsWith('..') && !posix.isAbsolute(main) && /^[\w./@-]+\.[cm]?js$/.test(main) ? main : null
}

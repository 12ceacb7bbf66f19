import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'

/** A folder with Go files. */
export interface GoPackage {
  readonly folder: string
  readonly main: boolean
  /** Serves HTTP, as far as its own files show. */
  readonly serves: boolean
}

export interface GoSources {
  readonly packages: readonly GoPackage[]
  /** Every import path of the app's own files, sorted. */
  readonly imports: readonly string[]
}

const OTHER_SYSTEM =
  /_(?:test|windows|darwin|freebsd|netbsd|openbsd|solaris|plan9|js|wasm|android|ios|aix|dragonfly|illumos|wasip1|386|arm|arm64|ppc64le|s390x|riscv64|mips\w*|loong64)\.go$/
const NOT_BUILT = /(?:^|\/)(?:testdata|vendor|node_modules|_[^/]*|\.[^/]*)(?:\/|$)/
const IGNORED =
  /^\/\/go:build\s+(?!.*\blinux\b)(?:.*\b(?:ignore|windows|darwin|js|wasm|tools|integration|e2e)\b)/m
const MAX_BYTES = 512 * 1024

/** Reads the packages below a folder; what is not compiled on Linux does not count. */
export function readSources(view: FileView): GoSources {
  const packages = new Map<string, GoPackage>()
  const imports = new Set<string>()
  for (const path of view.list('**/*.go')) {
    if (OTHER_SYSTEM.test(path) || NOT_BUILT.test(path)) continue
    const file = view.read(path, MAX_BYTES)
    if (!file.ok) continue
    const code = file.text
    const head = /^package\s+(\w+)/m.exec(code)
    if (head === null || IGNORED.test(code.slice(0, head.index))) continue
    const found = importsOf(code)
    for (const one of found) imports.add(one)
    const folder = posix.dirname(path)
    const before = packages.get(folder)
    packages.set(folder, {
      folder,
      main: head[1] === 'main' || before?.main === true,
      serves: before?.serves === true || /ListenAndServe|\.Run\(|\.Listen\(|\.Start\(|\bPORT\b/.test(code),
    })
  }
  return { packages: [...packages.values()], imports: [...imports].sort() }
}

/** Paths of the import declarations, which stand before any other code. */
export function importsOf(code: string): string[] {
  const found: string[] = []
  const plain = code.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
  for (const [, block, single] of plain.matchAll(/^import\s*(?:\(([^)]*)\)|(?:[\w.]+\s+)?"([^"]+)")/gm)) {
    if (single !== undefined) found.push(single)
    for (const [, path] of (block ?? '').matchAll(/^\s*(?:[\w.]+\s+)?"([^"]+)"/gm))
      if (path !== undefined) found.push(path)
  }
  return found.filter((path) => /^[\w./~+-]+$/.test(path))
}

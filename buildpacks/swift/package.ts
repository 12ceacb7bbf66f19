import type { FileView } from '../file-view.ts'

export interface SwiftPackage {
  readonly programs: readonly string[]
  /** It names packages that have to be fetched. */
  readonly depends: boolean
  /** Of `// swift-tools-version: 5.9`. */
  readonly tools: string | null
  readonly vapor: boolean
}

const NAME = /^[\w.-]+$/

/** Package.swift is a program; the plain declarations of it are read. */
export function readPackage(view: FileView): SwiftPackage {
  const file = view.read('Package.swift')
  const text = file.ok ? file.text : ''
  const code = text.replaceAll(/^[ \t]*\/\/.*$/gm, '')
  const names = (pattern: RegExp) => [...code.matchAll(pattern)].map(([, name = '']) => name)
  const products = names(/\.executable\s*\(\s*name:\s*"([^"]+)"/g)
  const targets = names(/\.executableTarget\s*\(\s*name:\s*"([^"]+)"/g)
  // Before there were targets for programs, a main.swift made one.
  const mains = names(/\.target\s*\(\s*name:\s*"([^"]+)"/g).filter((name) =>
    view.exists(`Sources/${name}/main.swift`),
  )
  const programs = products.length > 0 ? products : [...targets, ...mains]
  return {
    programs: [...new Set(programs)].filter((name) => NAME.test(name)),
    depends: /\.package\s*\(\s*(?:name:\s*"[^"]*"\s*,\s*)?url:/.test(code),
    tools: /^\/\/\s*swift-tools-version:\s*([\d.]+)/m.exec(text)?.[1] ?? null,
    vapor: /\bvapor\/vapor\b/.test(code),
  }
}

import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'

/** What go.mod and go.work say that a build depends on. */
export interface GoModule {
  /** Folder of the module, `.` for the root. */
  readonly folder: string
  /** `example.com/shop`; null when there is no go.mod. */
  readonly path: string | null
  /** `1.22` or `1.22.3`. */
  readonly go: string | null
  /** `1.24.1`, of a `toolchain` line. */
  readonly toolchain: string | null
  /** Of `// +heroku goVersion go1.22`. */
  readonly heroku: string | null
  /** Of `// +heroku install ./cmd/...`. */
  readonly install: readonly string[]
  /** Folders of the repository that stand in for modules. */
  readonly replaced: readonly string[]
}

const MAX_MEMBERS = 50

export function readModule(view: FileView, folder: string): GoModule {
  const file = view.read(posix.join(folder, 'go.mod'))
  const text = file.ok ? file.text : ''
  const line = (pattern: RegExp) => pattern.exec(text)?.[1] ?? null
  const replaced = [
    ...text.matchAll(/^\s*(?:replace\s+)?\S+(?:\s+v\S+)?\s+=>\s+(\.{1,2}\/\S*|\.{1,2})\s*$/gm),
  ].map(([, path]) => posix.join(folder, path ?? '.'))
  return {
    folder,
    path: line(/^module\s+"?([^\s"]+)"?/m),
    go: line(/^go\s+(\d+(?:\.\d+){0,2})\w*\s*(?:\/\/.*)?$/m),
    toolchain: line(/^toolchain\s+go(\d+(?:\.\d+){1,2})\s*$/m),
    heroku: line(/^\s*\/\/\s*\+heroku\s+goVersion\s+go?v?(\S+)/m),
    install: (line(/^\s*\/\/\s*\+heroku\s+install\s+(.+)$/m) ?? '').split(/\s+/).filter((one) => one !== ''),
    replaced: replaced.filter((path) => !path.startsWith('..')),
  }
}

/** Members of a go.work; null when there is none. */
export function readWorkspace(
  view: FileView,
): { go: string | null; toolchain: string | null; members: string[] } | null {
  const file = view.read('go.work')
  if (!file.ok) return null
  const block = /^use\s*\(([^)]*)\)/m.exec(file.text)?.[1] ?? ''
  const single = [...file.text.matchAll(/^use\s+([^\s(]+)/gm)].map(([, path]) => path ?? '')
  const listed = block.split('\n').map((line) =>
    line
      .replace(/\/\/.*/, '')
      .trim()
      .replaceAll('"', ''),
  )
  const members = [...listed, ...single].filter((path) => path !== '').map((path) => posix.normalize(path))
  return {
    go: /^go\s+(\d+(?:\.\d+){0,2})\s*$/m.exec(file.text)?.[1] ?? null,
    toolchain: /^toolchain\s+go(\d+(?:\.\d+){1,2})\s*$/m.exec(file.text)?.[1] ?? null,
    members: members
      .map((path) => path.replace(/\/$/, ''))
      .filter((path) => !path.startsWith('..'))
      .slice(0, MAX_MEMBERS),
  }
}

import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'

export interface Project {
  readonly path: string
  /** What comes out: `<name>.dll`. */
  readonly assembly: string
  readonly kind: 'web' | 'worker' | 'program'
  /** `8.0`, of `net8.0`; null for a library's netstandard and what is not said. */
  readonly version: string | null
}

const PLAIN = /^[\w./ -]+$/
const MAX_PROJECTS = 100

/** Projects that can be started, web apps first, and of those the ones that lie highest. Tests and libraries are none. */
export function readProjects(view: FileView): Project[] {
  const shared = view.read('Directory.Build.props')
  const props = shared.ok ? shared.text : ''
  const found = view
    .list('**/*.{csproj,fsproj,vbproj}')
    .filter((path) => PLAIN.test(path) && !/(?:^|\/)(?:bin|obj|tests?|benchmarks?|samples?)\//i.test(path))
    .slice(0, MAX_PROJECTS)
    .flatMap((path): Project[] => {
      const file = view.read(path)
      if (!file.ok) return []
      const text = file.text
      if (/Microsoft\.NET\.Test\.Sdk|<IsTestProject>\s*true/i.test(text)) return []
      const sdk = /<Project\b[^<>]*\bSdk\s*=\s*"([^"]+)"/.exec(text)?.[1] ?? ''
      const kind = sdk.endsWith('.Web') ? 'web' : sdk.endsWith('.Worker') ? 'worker' : 'program'
      if (kind === 'program' && !/<OutputType>\s*(?:Win)?Exe\s*</i.test(text)) return []
      const own = /<AssemblyName>\s*([\w.-]+)\s*</.exec(text)?.[1]
      return [
        {
          path,
          assembly: own ?? posix.basename(path).replace(/\.\w+$/, ''),
          kind,
          version: targetOf(text) ?? targetOf(props),
        },
      ]
    })
  const rank = { web: 0, worker: 1, program: 2 } as const
  return found.sort(
    (a, b) =>
      rank[a.kind] - rank[b.kind] ||
      a.path.split('/').length - b.path.split('/').length ||
      (a.path < b.path ? -1 : 1),
  )
}

/** Of several, the newest. */
function targetOf(text: string): string | null {
  const all = [...text.matchAll(/<TargetFrameworks?>([^<]+)</g)].flatMap(([, list = '']) =>
    [...list.matchAll(/\bnet(?:coreapp)?(\d+\.\d+)\b/g)].map(([, version = '']) => version),
  )
  return all.sort((a, b) => Number(b) - Number(a))[0] ?? null
}

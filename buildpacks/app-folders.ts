import type { FileView } from './file-view.ts'
import { isGlob } from './glob.ts'
import type { Provider } from './provider.ts'

const SHOWN = 6
const MAX_DEPTH = 3

/** Folders of a repository that look like apps of their own: they hold what gives a language away. */
export function appFolders(view: FileView, providers: readonly Provider[]): string[] {
  const names = new Set(
    providers
      .flatMap(({ manifest }) => [...manifest.detect.all, ...manifest.detect.any])
      .filter((name) => !isGlob(name) && !name.includes('/')),
  )
  const folders = view
    .list()
    .map((path) => path.split('/'))
    .filter((parts) => parts.length > 1 && parts.length <= MAX_DEPTH && names.has(parts.at(-1) ?? ''))
    .map((parts) => parts.slice(0, -1).join('/'))
  return [...new Set(folders)].sort().slice(0, SHOWN)
}

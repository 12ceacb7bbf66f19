import type { FileView } from './file-view.ts'
import type { Note } from './plan.ts'
import { type Refusal, refuse } from './provider.ts'
import { siteFolder } from './static-site.ts'

export interface Staticfile {
  readonly ok: true
  /** null: not said. */
  readonly root: string | null
  readonly indexFallback: boolean
  readonly notes: readonly Note[]
}

/** `root: folder` and `index_fallback: true`, one per line. null when there is no Staticfile. */
export function readStaticfile(view: FileView): Staticfile | Refusal | null {
  if (!view.exists('Staticfile')) return null
  const file = view.read('Staticfile', 64 * 1024)
  if (!file.ok)
    return refuse(
      `Staticfile cannot be read (${file.reason})`,
      'It is a text file with lines such as `root: public`.',
    )
  let root: string | null = null
  let indexFallback = false
  const notes: Note[] = []
  for (const [index, raw] of file.text.split(/\r?\n/).entries()) {
    const line = raw.replace(/(^|\s)#.*/, '').trim()
    const [, key, value] = /^(\w+)\s*:\s*(.*)$/.exec(line) ?? []
    if (key === 'root' && value !== undefined && value !== '') {
      root = siteFolder(unquote(value))
      if (root === null) {
        return refuse(
          `Staticfile line ${index + 1}: root "${value.slice(0, 60)}" is not a folder of the app`,
          'Name it relative to the root of the repository, as in `root: public`.',
        )
      }
    } else if (key === 'index_fallback') {
      indexFallback = unquote(value ?? '').toLowerCase() === 'true'
    } else if (line !== '' && line !== '---') {
      notes.push({
        level: 'warn',
        code: 'static.ignored',
        message: `Staticfile line ${index + 1} was ignored: only root and index_fallback are known`,
      })
    }
  }
  return { ok: true, root, indexFallback, notes }
}

function unquote(value: string): string {
  return value.trim().replace(/^(["'])(.*)\1$/, '$2')
}

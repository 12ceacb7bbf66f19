import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { type Refusal, refuse } from '../provider.ts'

export interface Requirements {
  readonly ok: true
  /** The files that an install reads, the first one given to pip; empty: the app has none. */
  readonly files: readonly string[]
  /** Normalised names of what is asked for directly. */
  readonly packages: ReadonlySet<string>
  /** Something inside of the repository is installed, so an install needs the whole source. */
  readonly local: boolean
  /** Config vars that stand in the files as ${NAME}; pip fills them in. */
  readonly variables: readonly string[]
}

const MAX_FILES = 20
const INCLUDE = /^(?:-r|--requirement|-c|--constraint)[ =]?\s*(\S+)/
const LOCAL = /^(?:(?:-e|--editable)[ =]?\s*)?(?:file:|\.{1,2}(?:\/|$|\[)|\.$)/

/** requirements.txt with everything that it includes. */
export function readRequirements(view: FileView): Requirements | Refusal {
  const files: string[] = []
  const packages = new Set<string>()
  const variables = new Set<string>()
  let local = false
  const pending = view.exists('requirements.txt') ? ['requirements.txt'] : []
  while (pending.length > 0) {
    const path = pending.shift() ?? ''
    if (files.includes(path)) continue
    if (files.length >= MAX_FILES)
      return refuse(`requirements.txt includes more than ${MAX_FILES} files`, 'Put them together.')
    const file = view.read(path)
    if (!file.ok) return unreadable(path, file.reason)
    files.push(path)
    for (const [, name] of file.text.matchAll(/\$\{([A-Z0-9_]+)\}/g)) variables.add(name ?? '')
    for (const raw of file.text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
      const line = raw.replace(/(^|\s)#.*/, '').trim()
      const included = INCLUDE.exec(line)?.[1]
      if (included !== undefined && !/^\w+:\/\//.test(included))
        pending.push(posix.join(posix.dirname(path), included))
      else if (LOCAL.test(line)) local = true
      else if (/^(?:-e|--editable)/.test(line) && !line.includes('://')) local = true
      else if (/^[A-Za-z0-9]/.test(line)) for (const name of namesOf(line)) packages.add(name)
    }
  }
  return { ok: true, files, packages, local, variables: [...variables].sort() }
}

/** The package that a requirement names, and servers that come with its extras. */
export function namesOf(requirement: string): string[] {
  const [, name = '', extras = ''] = /^([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?/.exec(requirement.trim()) ?? []
  const brings = /^fastapi$/i.test(name) && /\b(?:standard|all)\b/.test(extras)
  return [normalName(name), ...(brings ? ['uvicorn'] : [])]
}

export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

function unreadable(path: string, reason: string): Refusal {
  if (reason === 'missing')
    return refuse(
      `${path} is included by a requirements file, but is not there`,
      'Commit it, or remove the line that includes it.',
    )
  if (reason === 'outside') return refuse(`${path} is outside of the app`, 'Put it into the repository.')
  return refuse(
    `${path} cannot be read (${reason})`,
    'Requirements files are UTF-8 text; some Windows shells write UTF-16, which pip cannot read either.',
  )
}

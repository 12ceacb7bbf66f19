import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'

export interface DuneProject {
  /** Of `(ocaml (>= 4.14))`. */
  readonly ocaml: { readonly text: string; readonly from: string } | null
  /** Libraries that dune files and the project name, but for those of the repository. */
  readonly libraries: readonly string[]
  readonly programs: readonly { readonly name: string; readonly path: string; readonly from: string }[]
}

const WORD = /^[\w.-]+$/
const MAX_FILES = 200

/** What dune files say: lists of words in brackets, of which the stanzas of programs and libraries are read. */
export function readDune(view: FileView): DuneProject {
  const files = [...view.list('dune'), ...view.list('**/dune')]
  const read = (path: string) => {
    const file = view.read(path)
    return file.ok ? file.text.replaceAll(/;.*$/gm, '') : ''
  }
  const libraries = new Set<string>()
  const own = new Set<string>()
  const programs: DuneProject['programs'][number][] = []
  for (const path of [...new Set(files)].slice(0, MAX_FILES)) {
    const folder = posix.dirname(path)
    const text = read(path)
    const test = /(?:^|\/)(?:tests?|bench(?:marks?)?|examples?)(?:\/|$)/.test(folder)
    for (const { kind, body } of stanzas(text)) {
      if (kind.startsWith('library')) for (const name of words(body, 'name', 'public_name')) own.add(name)
      if (test || kind.startsWith('test')) continue
      for (const name of [...words(body, 'libraries'), ...words(body, 'pps')])
        if (WORD.test(name) && !name.startsWith('-')) libraries.add(name)
      if (!kind.startsWith('executable')) continue
      const names = words(body, 'name', 'names')
      const shown = words(body, 'public_name', 'public_names')
      for (const [index, name] of names.entries())
        if (WORD.test(name) && /^[\w./-]+$/.test(folder))
          programs.push({
            name: called(shown[index], name),
            path: posix.join(folder, `${name}.exe`),
            from: path,
          })
    }
  }
  return {
    ocaml: ocamlOf(view, read),
    libraries: [...libraries].filter((name) => !own.has(name) && !own.has(name.split('.')[0] ?? '')).sort(),
    programs,
  }
}

/** `-` and absence stand for a program that is not installed. */
const called = (shown: string | undefined, name: string) =>
  shown !== undefined && shown !== '-' && WORD.test(shown) ? shown : name

/** The outermost brackets of a file, by their first word. */
function stanzas(text: string): { kind: string; body: string }[] {
  const found: { kind: string; body: string }[] = []
  let depth = 0
  let begun = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(' && depth++ === 0) begun = at
    if (text[at] === ')' && --depth === 0) {
      const body = text.slice(begun + 1, at)
      found.push({ kind: /^[ \t]*([\w-]+)/.exec(body)?.[1] ?? '', body })
    }
    if (depth < 0) depth = 0
  }
  return found
}

/** The words of `(key one two)`; brackets within, as of `(pps …)`, stand for themselves. */
function words(body: string, ...keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const list = new RegExp(`\\(\\s*${key}\\s+([^()]*)`).exec(body)?.[1] ?? ''
    return list.split(/\s+/).filter((word) => word !== '' && !word.startsWith(':'))
  })
}

function ocamlOf(view: FileView, read: (path: string) => string): DuneProject['ocaml'] {
  const project = /\(\s*ocaml\s+\(\s*(>=|=|>)\s*([\d.]+)/.exec(read('dune-project'))
  if (project !== null) return { text: `${project[1] ?? ''}${project[2] ?? ''}`, from: 'dune-project' }
  const opam = view.find('*.opam')
  if (opam === null) return null
  const file = view.read(opam)
  const found = file.ok ? /"ocaml"\s*\{\s*(>=|=|>)\s*"([\d.]+)"/.exec(file.text) : null
  return found === null ? null : { text: `${found[1] ?? ''}${found[2] ?? ''}`, from: opam }
}

import type { FileView } from '../file-view.ts'

export interface SchemeStart {
  readonly kind: 'guile' | 'chicken' | 'haunt'
  readonly file: string
  /** Eggs that a program of CHICKEN imports. */
  readonly eggs: readonly string[]
}

/** Modules of CHICKEN itself. */
const OWN = /^(?:chicken|scheme|srfi [\d ]+|r7rs)\b/

/** A site of Haunt, or the program that is called like a server; which Scheme it is written for, its imports tell. */
export function schemeStart(view: FileView): SchemeStart | null {
  if (view.exists('haunt.scm')) return { kind: 'haunt', file: 'haunt.scm', eggs: [] }
  const file = ['server.scm', 'main.scm', 'app.scm', 'web.scm', 'src/main.scm', 'src/server.scm'].find(
    (path) => view.exists(path),
  )
  if (file === undefined) return null
  const read = view.read(file)
  const text = read.ok ? read.text.replaceAll(/;.*$/gm, '') : ''
  const chicken =
    view.exists('*.egg') ||
    /\(import\s[^;]{0,400}\bchicken\b/.test(text) ||
    /\(import\s[^;]{0,400}\bspiffy\b/.test(text)
  if (!chicken) return { kind: 'guile', file, eggs: [] }
  const lists = [...text.matchAll(/\(import\s((?:[^()]|\([^()]*\))*)\)/g)].flatMap(([, list = '']) => [
    ...list.matchAll(/\(([^()]+)\)|([\w-]+)/g),
  ])
  const eggs = lists
    .map(([, inner, plain]) => plain ?? inner ?? '')
    .filter((name) => /^[\w-]+$/.test(name) && !OWN.test(name))
  return { kind: 'chicken', file, eggs: [...new Set(eggs)].sort() }
}

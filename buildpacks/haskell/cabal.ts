import type { FileView } from '../file-view.ts'

export interface Cabal {
  readonly from: string
  readonly programs: readonly string[]
  /** Packages that the library and the programs are built with, but for those of the repository. */
  readonly needs: readonly string[]
}

const NAME = /^[\w-]+$/
const MAX_FILES = 20

/** What the .cabal files say, or package.yaml where they are made from it; null when there is none of both. */
export function readCabal(view: FileView): Cabal | null {
  const files = [...view.list('*.cabal'), ...view.list('*/*.cabal')].slice(0, MAX_FILES)
  if (files.length === 0) return view.exists('package.yaml') ? readHpack(view) : null
  const own = new Set<string>()
  const needs = new Set<string>()
  const programs: string[] = []
  for (const path of files) {
    const file = view.read(path)
    if (!file.ok) continue
    let section = 'library'
    let field = ''
    for (const line of file.text.replaceAll(/^[ \t]*--.*$/gm, '').split('\n')) {
      const head =
        /^(executable|library|test-suite|benchmark|common|foreign-library|flag|source-repository)\b\s*([\w-]*)/i.exec(
          line,
        )
      const start = /^[ \t]*([\w-]+)\s*:(.*)$/.exec(line)
      const package_ = /^name\s*:\s*([\w-]+)/i.exec(line)?.[1]
      if (package_ !== undefined) own.add(package_)
      if (head !== null) {
        section = (head[1] ?? '').toLowerCase()
        field = ''
        if (section === 'executable' && head[2] !== undefined && head[2] !== '') programs.push(head[2])
        continue
      }
      if (start !== null) field = (start[1] ?? '').toLowerCase()
      if (field === 'build-depends' && !['test-suite', 'benchmark'].includes(section))
        for (const name of namesOf(start === null ? line : (start[2] ?? ''))) needs.add(name)
    }
  }
  return {
    from: files[0] ?? '',
    programs: programs.filter((name) => NAME.test(name)),
    needs: without(needs, own),
  }
}

/** hpack's YAML, in the form that everybody writes it: lists with a dash, under `dependencies` and `executables`. */
function readHpack(view: FileView): Cabal {
  const file = view.read('package.yaml')
  const text = file.ok ? file.text.replaceAll(/^[ \t]*#.*$/gm, '') : ''
  const block = (key: string) =>
    new RegExp(`^${key}:[ \\t]*\\n((?:[ \\t]+.*\\n?|-.*\\n?|\\n)*)`, 'm').exec(text)?.[1] ?? ''
  const name = /^name:\s*["']?([\w-]+)/m.exec(text)?.[1]
  const section = block('executables?')
  // Only what stands as far in as the first is a program; the rest are their fields.
  const indent = /^([ \t]+)\S/m.exec(section)?.[1] ?? ''
  const programs = section
    .split('\n')
    .filter((line) => line.startsWith(indent) && /^[\w-]+:[ \t]*$/.test(line.slice(indent.length)))
    .map((line) => line.slice(indent.length).replace(/:[ \t]*$/, ''))
  const needs = new Set<string>()
  const untested = text.replaceAll(/^(?:tests|benchmarks):[ \t]*\n(?:[ \t]+.*\n?|\n)*/gm, '')
  for (const [, list = ''] of untested.matchAll(
    /^[ \t]*dependencies:[ \t]*\n((?:[ \t]*-[ \t]+\S.*\n?|\n)*)/gm,
  ))
    for (const line of list.split('\n'))
      for (const one of namesOf(line.replace(/^[ \t]*-\s*/, ''))) needs.add(one)
  return { from: 'package.yaml', programs, needs: without(needs, new Set(name === undefined ? [] : [name])) }
}

const namesOf = (list: string): string[] =>
  list.split(',').flatMap((part) => /^[ \t]*([A-Za-z][\w-]*)(?:$|[\s<>=^:{])/.exec(part)?.[1] ?? [])

const without = (names: ReadonlySet<string>, own: ReadonlySet<string>) =>
  [...names].filter((name) => !own.has(name)).sort()

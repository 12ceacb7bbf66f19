import type { FileView } from '../file-view.ts'

export interface Nimble {
  readonly file: string | null
  /** Of `requires "nim >= 2.0.0"`. */
  readonly nim: string | null
  readonly depends: boolean
  readonly folder: string
  /** Of `bin = @["server"]`, else the file that people call so. */
  readonly programs: readonly { readonly name: string; readonly main: string }[]
}

/** A nimble file is a program of Nim's; the plain declarations of it are read. */
export function readNimble(view: FileView): Nimble {
  const file = view.find('*.nimble')
  const read = file === null ? null : view.read(file)
  const text = read?.ok === true ? read.text.replaceAll(/#.*$/gm, '') : ''
  const needs = [...text.matchAll(/\brequires[\s(]*((?:"[^"]*"\s*,?\s*)+)/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/"([^"]*)"/g)].flatMap(([, one = '']) => one.split(',').map((part) => part.trim())),
  )
  const nim = needs.filter((one) => /^nim\b/i.test(one)).map((one) => one.replace(/^nim\s*/i, ''))
  const folder = /^[ \t]*srcDir\s*=\s*"([\w./-]+)"/m.exec(text)?.[1] ?? '.'
  const named = [
    ...(/^[ \t]*(?:named)?bin\s*=\s*@\[([^[\]]*)\]/im.exec(text)?.[1]?.matchAll(/"([\w./-]+)"/g) ?? []),
  ].map(([, name = '']) => name)
  const own = file?.replace(/\.nimble$/, '')
  const at = (name: string) =>
    [folder, 'src', '.'].map((place) => `${place}/${name}.nim`.replace(/^\.\//, ''))
  const main = [...(own === undefined ? [] : at(own)), ...['main', 'app', 'server'].flatMap(at)].find(
    (path) => /^[\w./-]+$/.test(path) && view.exists(path),
  )
  const found = named.flatMap((name) => {
    const path = at(name).find((one) => view.exists(one))
    return path === undefined ? [] : [{ name: name.slice(name.lastIndexOf('/') + 1), main: path }]
  })
  const only =
    main === undefined ? [] : [{ name: own !== undefined && /^[\w.-]+$/.test(own) ? own : 'app', main }]
  return {
    file,
    nim: nim.length === 0 ? null : nim.join(', '),
    depends: needs.some((one) => one !== '' && !/^nim\b/i.test(one)),
    folder,
    programs: found.length > 0 ? found : only,
  }
}

import type { FileView } from '../file-view.ts'

export interface Dub {
  readonly file: string
  readonly name: string | null
  /** Program and the folder that it is left in. */
  readonly target: string | null
  readonly folder: string
  readonly depends: boolean
  readonly library: boolean
}

const NAME = /^[\w.-]+$/
const PATH = /^[\w./-]+$/

/** dub.json or dub.sdl, as far as it says what comes out; null when there is none, or it is broken. */
export function readDub(view: FileView): Dub | null {
  const json = view.read('dub.json')
  if (json.ok) {
    try {
      const value: unknown = JSON.parse(json.text)
      if (typeof value !== 'object' || value === null) return null
      const fields = value as Readonly<Record<string, unknown>>
      const field = (key: string) => (typeof fields[key] === 'string' ? fields[key] : null)
      const needs = fields['dependencies']
      const depends = typeof needs === 'object' && needs !== null && Object.keys(needs).length > 0
      return dub('dub.json', field, depends)
    } catch {
      return null
    }
  }
  const sdl = view.read('dub.sdl')
  if (!sdl.ok) return null
  const field = (key: string) =>
    new RegExp(`^[ \\t]*${key}\\s+["\`]([^"\`]*)["\`]`, 'm').exec(sdl.text)?.[1] ?? null
  return dub('dub.sdl', field, /^[ \t]*dependency\s+"/m.test(sdl.text))
}

function dub(file: string, field: (key: string) => string | null, depends: boolean): Dub {
  const name = field('name')
  const target = field('targetName') ?? name
  const folder = field('targetPath') ?? '.'
  return {
    file,
    name: name !== null && NAME.test(name) ? name : null,
    target: target !== null && NAME.test(target) ? target : null,
    folder: PATH.test(folder) ? folder : '.',
    depends,
    library: /library/i.test(field('targetType') ?? ''),
  }
}

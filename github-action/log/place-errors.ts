import type { Place } from '../runner/commands.ts'
import type { FoundError, Mention } from './find-errors.ts'

export interface PlacedError {
  readonly message: string
  readonly place: Place
}

/**
 * Puts errors beside the lines of the checkout. A build runs in a folder of its own, so of `/build/app/src/a.ts` every
 * end is tried (`build/app/src/a.ts`, … , `a.ts`): the longest one that the checkout has is meant. What it does not
 * have (packages, generated files) is left out.
 *
 * `folder`: of the app, relative to the workspace, `.` for the workspace itself. `has` is asked with paths below it.
 */
export function placeErrors(
  errors: readonly FoundError[],
  folder: string,
  has: (path: string) => boolean,
  limit: number,
): PlacedError[] {
  const placed: PlacedError[] = []
  const seen = new Set<string>()
  for (const { message, mentions } of errors) {
    const place = mentions.map((mentioned) => placeOf(mentioned, has)).find((found) => found !== null)
    if (place === undefined || place === null) continue
    const file = folder === '.' ? place.file : `${folder}/${place.file}`
    const key = `${file}:${place.line}`
    if (seen.has(key)) continue
    seen.add(key)
    placed.push({ message, place: { ...place, file } })
    if (placed.length === limit) break
  }
  return placed
}

function placeOf({ path, line, column }: Mention, has: (path: string) => boolean): Place | null {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || parts.includes('node_modules')) return null
  for (let from = 0; from < parts.length; from += 1) {
    const file = parts.slice(from).join('/')
    if (has(file)) return { file, line, ...(column === undefined ? {} : { column }) }
  }
  return null
}

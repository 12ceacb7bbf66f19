import { stripVTControlCharacters } from 'node:util'

/** What Nix says with `--log-format internal-json`, as far as we act on it. */
export type NixEvent =
  | { readonly type: 'output'; readonly line: string }
  | { readonly type: 'building'; readonly derivation: string }
  | { readonly type: 'message'; readonly level: number; readonly text: string }
  | { readonly type: 'other' }

const BUILD = 105
const BUILD_LOG_LINE = 101
const PREFIX = '@nix '

/** Colours and cursor movements do not belong into a `remote:` line. Tabs stay. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\t]/gu, '')
}

/** One line of Nix's stderr. A line that is not of the protocol is a message of Nix itself. */
export function parseNixLine(line: string): NixEvent {
  if (!line.startsWith(PREFIX)) return { type: 'message', level: 0, text: plain(line) }
  let event: unknown
  try {
    event = JSON.parse(line.slice(PREFIX.length))
  } catch {
    return { type: 'other' }
  }
  if (typeof event !== 'object' || event === null || !('action' in event)) return { type: 'other' }
  const fields: unknown[] = 'fields' in event && Array.isArray(event.fields) ? event.fields : []
  const [first] = fields
  const type = 'type' in event ? event.type : null
  if (event.action === 'result' && type === BUILD_LOG_LINE && typeof first === 'string')
    return { type: 'output', line: plain(first) }
  if (event.action === 'start' && type === BUILD && typeof first === 'string')
    return { type: 'building', derivation: first }
  if (event.action === 'msg' && 'msg' in event && typeof event.msg === 'string') {
    return {
      type: 'message',
      level: 'level' in event && typeof event.level === 'number' ? event.level : 0,
      text: plain(event.msg),
    }
  }
  return { type: 'other' }
}

/** Marks that the box puts between the lines of the commands. */
export type BoxMark =
  | { readonly type: 'run'; readonly command: number }
  | { readonly type: 'leak'; readonly name: string; readonly file: string }

export function parseMark(line: string): BoxMark | null {
  const [sign, word, ...rest] = line.split(' ')
  if (sign !== '@sky') return null
  if (word === 'run') return { type: 'run', command: Number(rest[0]) }
  if (word === 'leak') return { type: 'leak', name: rest[0] ?? '', file: rest.slice(1).join(' ') }
  return null
}

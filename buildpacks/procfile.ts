import type { Note } from './plan.ts'

export interface ProcfileEntry {
  readonly command: string
  readonly line: number
}

export type ProcfileResult =
  | {
      readonly ok: true
      readonly processes: Readonly<Record<string, ProcfileEntry>>
      readonly notes: readonly Note[]
    }
  | { readonly ok: false; readonly message: string; readonly hint: string }

export const MAX_PROCFILE_BYTES = 64 * 1024
const MAX_TYPES = 100
const TYPE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const FORM = 'Write one process type per line, as in `web: node server.js`.'

/**
 * `type: command` per line. What can be understood is repaired with a warning (capitals, underscores, leading spaces,
 * a type given twice); what cannot be named as a process type, or has no command, is an error that names its line.
 */
export function parseProcfile(text: string): ProcfileResult {
  const processes = new Map<string, ProcfileEntry>()
  const notes: Note[] = []
  const warn = (line: number, code: string, message: string): void => {
    notes.push({ level: 'warn', code, message: `Procfile line ${line}: ${message}` })
  }
  if (text.includes('\0')) return failure('Procfile is not a text file', 'Save it as plain UTF-8 text.')
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1
    const content = raw.trim()
    if (content === '' || content.startsWith('#')) continue
    const colon = content.indexOf(':')
    if (colon < 0) {
      warn(line, 'procfile.ignored', `"${shorten(content)}" has no colon, so it was ignored. ${FORM}`)
      continue
    }
    const written = content.slice(0, colon).trim()
    const command = content.slice(colon + 1).trim()
    const type = repairType(written)
    if (!TYPE.test(type)) {
      return failure(
        `Procfile line ${line}: "${shorten(written)}" cannot name a process type`,
        'Use 1 to 63 lower-case letters, digits and inner hyphens, as in `web: node server.js`.',
      )
    }
    if (command === '') return failure(`Procfile line ${line}: "${type}" has no command`, FORM)
    if (type !== written)
      warn(line, 'procfile.repaired', `process type "${shorten(written)}" is used as "${type}"`)
    else if (/^\s/.test(raw))
      warn(line, 'procfile.repaired', 'the spaces before the process type were ignored')
    const before = processes.get(type)
    if (before !== undefined)
      warn(line, 'procfile.duplicate', `"${type}" was given on line ${before.line} already; this one is used`)
    processes.delete(type)
    processes.set(type, { command, line })
    if (processes.size > MAX_TYPES)
      return failure(`Procfile has more than ${MAX_TYPES} process types`, 'Remove those that are not used.')
  }
  return { ok: true, processes: Object.fromEntries(processes), notes }
}

function repairType(written: string): string {
  return written.toLowerCase().replaceAll('_', '-')
}

function failure(message: string, hint: string): ProcfileResult {
  return { ok: false, message, hint }
}

/** What is quoted back is cut and freed of control characters: it goes to a terminal. */
function shorten(text: string): string {
  const clean = text.slice(0, 60).replace(/[\p{Cc}\p{Cf}]/gu, '�')
  return text.length > 60 ? `${clean}…` : clean
}

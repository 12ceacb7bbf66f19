/** One instruction of a Dockerfile, with all of its continued lines. */
export interface Instruction {
  /** Of its first and its last line, heredocs included; the first of a file is 1. */
  readonly line: number
  readonly end: number
  /** Upper case. */
  readonly name: string
  readonly flags: readonly Flag[]
  /** What follows the flags, continued lines joined. */
  readonly rest: string
  /** The words of the JSON form, as in `CMD ["node", "server.js"]`; null: it has another form. */
  readonly words: readonly string[] | null
  readonly heredocs: number
}

export interface Flag {
  readonly name: string
  readonly value: string
}

export interface Problem {
  readonly line: number
  readonly message: string
  /** What to write instead. */
  readonly hint: string
}

export interface Parsed {
  readonly lines: readonly string[]
  readonly instructions: readonly Instruction[]
  /** Parser directives, as `syntax`. */
  readonly directives: Readonly<Record<string, string>>
  readonly problem: Problem | null
}

/** More than anybody writes; a file that has more is refused, not read. */
export const MAX_INSTRUCTIONS = 2000

const DIRECTIVE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)$/
const HEREDOC = /(?:^|\s)\d*<<-?(["']?)([A-Za-z_][A-Za-z0-9_.]*)\1(?=[\s;&|>)]|$)/g
const WITH_FLAGS = new Set(['FROM', 'RUN', 'COPY', 'ADD', 'HEALTHCHECK'])
const WITH_HEREDOCS = new Set(['RUN', 'COPY', 'ADD'])

/** Reads a Dockerfile. Pure; never throws, and takes time in proportion to the text. */
export function parseDockerfile(text: string): Parsed {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const { directives, next } = readDirectives(lines)
  const escape = directives['escape'] === '`' ? '`' : '\\'
  const instructions: Instruction[] = []
  const done = (problem: Problem | null): Parsed => ({ lines, instructions, directives, problem })
  for (let at = next; at < lines.length; ) {
    if (isEmpty(lines[at] ?? '')) {
      at += 1
      continue
    }
    const { logical, after } = readLogical(lines, at, escape)
    const [, name = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/.exec(logical) ?? []
    const upper = name.toUpperCase()
    const body = readHeredocs(lines, after, WITH_HEREDOCS.has(upper) ? rest : '')
    if (body.open !== null) {
      const hint = `Close it by a line that holds ${body.open} alone.`
      return done({ line: at + 1, message: `The heredoc ${body.open} is not closed`, hint })
    }
    const { flags, rest: given } = WITH_FLAGS.has(upper) ? readFlags(rest) : { flags: [], rest }
    const trimmed = given.trim()
    instructions.push({
      line: at + 1,
      end: body.after,
      name: upper,
      flags,
      rest: trimmed,
      words: jsonWords(trimmed),
      heredocs: body.count,
    })
    if (instructions.length > MAX_INSTRUCTIONS) {
      const message = `There are more than ${MAX_INSTRUCTIONS} instructions`
      return done({ line: at + 1, message, hint: 'Put commands that belong together into one RUN.' })
    }
    at = body.after
  }
  return done(null)
}

const isEmpty = (line: string) => /^\s*(?:#|$)/.test(line)

/** Comments of the form `# name=value` before everything else. */
function readDirectives(lines: readonly string[]): { directives: Record<string, string>; next: number } {
  const directives: Record<string, string> = {}
  let next = 0
  for (; next < lines.length; next++) {
    const [, name, value] = DIRECTIVE.exec(lines[next] ?? '') ?? []
    if (name === undefined || value === undefined) break
    const key = name.toLowerCase()
    if (!['syntax', 'escape', 'check'].includes(key) || Object.hasOwn(directives, key)) break
    directives[key] = value.trim()
  }
  return { directives, next }
}

/** A line and those that continue it. Comments and empty lines between them are no part of it. */
function readLogical(lines: readonly string[], from: number, escape: string) {
  const parts: string[] = []
  let at = from
  for (; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (at > from && isEmpty(line)) continue
    const end = line.trimEnd()
    if (!end.endsWith(escape)) {
      parts.push(line)
      at += 1
      break
    }
    parts.push(end.slice(0, -1))
  }
  return { logical: parts.join(''), after: at }
}

/** Where what follows an instruction's heredocs begins; `open` names one that is not closed. */
function readHeredocs(lines: readonly string[], from: number, rest: string) {
  let after = from
  let count = 0
  for (const [, , name = ''] of rest.matchAll(HEREDOC)) {
    count += 1
    while (after < lines.length && (lines[after] ?? '').replace(/^\t+/, '') !== name) after += 1
    if (after >= lines.length) return { after, count, open: name }
    after += 1
  }
  return { after, count, open: null }
}

function readFlags(text: string): { flags: Flag[]; rest: string } {
  const flags: Flag[] = []
  let rest = text.trimStart()
  for (;;) {
    const [all, name, , value = ''] = /^--([a-z][a-z-]*)(=(\S*))?(?=\s|$)/.exec(rest) ?? []
    if (all === undefined || name === undefined) return { flags, rest }
    flags.push({ name, value: value.replace(/^(["'])(.*)\1$/, '$2') })
    rest = rest.slice(all.length).trimStart()
  }
}

function jsonWords(text: string): string[] | null {
  if (!text.startsWith('[')) return null
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : null
  } catch {
    return null
  }
}

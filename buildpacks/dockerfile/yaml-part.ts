/** A value of a YAML file, as far as files like heroku.yml go. */
export type YamlValue = string | readonly YamlValue[] | { readonly [key: string]: YamlValue }

export type YamlPart =
  | { readonly ok: true; readonly value: YamlValue }
  | { readonly ok: false; readonly line: number; readonly message: string }

interface Line {
  readonly number: number
  readonly indent: number
  readonly text: string
}

const MAX_DEPTH = 20
const MAX_LINES = 2000

/**
 * The part of YAML that people write into heroku.yml: maps, lists, flow lists, quoted and plain words, blocks by `|`
 * and `>`. Anchors, tags and several documents are refused, with their line. Every plain value is a string. Pure.
 */
export function readYaml(text: string): YamlPart {
  const lines: Line[] = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .slice(0, MAX_LINES)
    .map((raw, index) => ({ number: index + 1, indent: raw.search(/\S|$/), text: withoutComment(raw) }))
    .filter((line) => line.text !== '' && line.text !== '---')
  const odd = lines.find(({ text: one }) => /^(?:---|\.\.\.)|^(?:- |[\w.-]+:\s+)?[&*!]\S/.test(one))
  if (odd !== undefined)
    return { ok: false, line: odd.number, message: 'anchors, tags and several documents are not read' }
  const reader = { lines, at: 0 }
  try {
    const value = lines.length === 0 ? {} : readBlock(reader, lines[0]?.indent ?? 0, 0)
    const left = reader.lines[reader.at]
    if (left !== undefined) throw new Unreadable(left.number, 'this line stands in no list and no map')
    return { ok: true, value }
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, line: error.line, message: error.message }
    throw error
  }
}

class Unreadable extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

interface Reader {
  lines: readonly Line[]
  at: number
}

/** A comment begins with `#` at the start or behind a space, outside of quotes. */
function withoutComment(raw: string): string {
  let quote = ''
  for (let at = 0; at < raw.length; at++) {
    const letter = raw[at] ?? ''
    if (quote !== '') quote = letter === quote ? '' : quote
    else if ((letter === '"' || letter === "'") && /^$|[\s:[,-]/.test(raw[at - 1] ?? '')) quote = letter
    else if (letter === '#' && /^$|\s/.test(raw[at - 1] ?? '')) return raw.slice(0, at).trim()
  }
  return raw.trim()
}

function readBlock(reader: Reader, indent: number, depth: number): YamlValue {
  const first = reader.lines[reader.at]
  if (first === undefined) return ''
  if (depth > MAX_DEPTH) throw new Unreadable(first.number, 'this lies too deep')
  return /^-(?:\s|$)/.test(first.text) ? readList(reader, indent, depth) : readMap(reader, indent, depth)
}

function readList(reader: Reader, indent: number, depth: number): YamlValue {
  const items: YamlValue[] = []
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (line.indent !== indent || !/^-(?:\s|$)/.test(line.text)) break
    const rest = line.text.slice(1).trim()
    if (rest === '' || /^[\w./-]+:(?:\s|$)/.test(rest)) {
      // A map may begin behind the dash: its keys then stand where the first one does.
      const inner = indent + line.text.length - rest.length
      if (rest === '') reader.at += 1
      else reader.lines = reader.lines.with(reader.at, { ...line, indent: inner, text: rest })
      const next = reader.lines[reader.at]
      items.push(next === undefined || next.indent <= indent ? '' : readBlock(reader, next.indent, depth + 1))
    } else {
      reader.at += 1
      items.push(readWord(reader, line, rest, indent))
    }
  }
  return items
}

function readMap(reader: Reader, indent: number, depth: number): YamlValue {
  const map: Record<string, YamlValue> = {}
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (line.indent !== indent) {
      if (line.indent > indent)
        throw new Unreadable(line.number, 'this line is indented further than the one before')
      break
    }
    const [, quoted, plain, rest = ''] =
      /^(?:["']([^"']+)["']|([\w./-]+))\s*:(?:\s+(.*))?$/.exec(line.text) ?? []
    const key = quoted ?? plain
    if (key === undefined || key === '__proto__')
      throw new Unreadable(line.number, 'a line `name: value` was expected')
    reader.at += 1
    const next = reader.lines[reader.at]
    const below =
      next !== undefined && (next.indent > indent || (next.indent === indent && /^-(?:\s|$)/.test(next.text)))
    map[key] =
      rest === ''
        ? below
          ? readBlock(reader, next.indent, depth + 1)
          : ''
        : readWord(reader, line, rest, indent)
  }
  return map
}

/** A value that begins on this line. */
function readWord(reader: Reader, line: Line, text: string, indent: number): YamlValue {
  const block = /^([|>])[-+]?$/.exec(text)?.[1]
  if (block === undefined) {
    if (text.startsWith('[')) return readFlow(line, text)
    return unquote(text)
  }
  const parts: string[] = []
  for (let next = reader.lines[reader.at]; next !== undefined && next.indent > indent; ) {
    parts.push(next.text)
    reader.at += 1
    next = reader.lines[reader.at]
  }
  return parts.join(block === '|' ? '\n' : ' ')
}

function readFlow(line: Line, text: string): YamlValue {
  if (!text.endsWith(']')) throw new Unreadable(line.number, 'a list in brackets has to end on its line')
  const items = text.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,][^,]*/g) ?? []
  return items.map((item) => unquote(item.trim()))
}

function unquote(text: string): string {
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) {
    try {
      return String(JSON.parse(text))
    } catch {
      return text.slice(1, -1)
    }
  }
  return /^'[^]*'$/.test(text) && text.length > 1 ? text.slice(1, -1).replaceAll("''", "'") : text
}

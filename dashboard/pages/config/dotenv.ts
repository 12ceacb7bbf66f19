export interface ParsedEnv {
  readonly vars: ReadonlyMap<string, string>
  /** Lines that cannot be understood, by number from one. */
  readonly problems: readonly { readonly line: number; readonly problem: EnvProblem; readonly name: string }[]
}

export type EnvProblem = 'no-equals' | 'bad-name' | 'open-quote' | 'twice' | 'after-quote'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * `.env` text: `NAME=value`, `export NAME=value`, comments, '…' as it stands and "…" with \n \r \t \" \\ over as many
 * lines as it takes; unquoted values end before ` #`. Pure.
 */
export function parseEnv(text: string): ParsedEnv {
  const vars = new Map<string, string>()
  const problems: { line: number; problem: EnvProblem; name: string }[] = []
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  for (let at = 0; at < lines.length; at++) {
    const number = at + 1
    const line = (lines[at] ?? '').trim()
    if (line === '' || line.startsWith('#')) continue
    const equals = line.indexOf('=')
    const name = (equals === -1 ? line : line.slice(0, equals)).replace(/^export\s+/, '').trim()
    const fault = (problem: EnvProblem) => problems.push({ line: number, problem, name })
    if (equals === -1) {
      fault('no-equals')
      continue
    }
    // What stands in quotes may go on in the next lines, so those are read as one.
    const rest = [line.slice(equals + 1).trimStart(), ...lines.slice(at + 1)].join('\n')
    const value = readValue(rest)
    if (value.problem !== null) fault(value.problem)
    else if (!NAME.test(name)) fault('bad-name')
    else if (vars.has(name)) fault('twice')
    else vars.set(name, value.text)
    at += value.moreLines
  }
  return { vars, problems }
}

interface Value {
  readonly text: string
  readonly problem: EnvProblem | null
  readonly moreLines: number
}

function readValue(rest: string): Value {
  const quote = rest.charAt(0)
  const [line = ''] = rest.split('\n', 1)
  if (quote !== '"' && quote !== "'")
    return { text: line.replace(/(^|\s)#.*$/, '').trim(), problem: null, moreLines: 0 }
  const end = endOfQuote(rest, quote)
  if (end === -1) return { text: '', problem: 'open-quote', moreLines: 0 }
  const inside = rest.slice(1, end)
  const moreLines = inside.split('\n').length - 1
  const [after = ''] = rest.slice(end + 1).split('\n', 1)
  if (!/^\s*(#.*)?$/.test(after)) return { text: '', problem: 'after-quote', moreLines }
  return { text: quote === '"' ? unescape(inside) : inside, problem: null, moreLines }
}

function endOfQuote(text: string, quote: string): number {
  for (let at = 1; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at += 1
    else if (text[at] === quote) return at
  }
  return -1
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' }
const unescape = (text: string) =>
  text.replace(/\\(.)/gs, (whole, letter: string) => ESCAPES[letter] ?? whole)

/** Text that `parseEnv` reads back to the same vars, sorted by name. Pure. */
export function formatEnv(vars: Readonly<Record<string, string>>): string {
  return Object.keys(vars)
    .sort()
    .map((name) => `${name}=${quoted(vars[name] ?? '')}\n`)
    .join('')
}

function quoted(value: string): string {
  if (/^[^\s"'#\\]*$/.test(value) || /^[^\s"'#\\][^\n\r"'#\\]*[^\s"'#\\]$/.test(value)) return value
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
  return `"${escaped}"`
}

export interface EnvDiff {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  /** What the platform has to be told: null unsets. */
  readonly patch: Readonly<Record<string, string | null>>
}

/** What saving `after` would change of `before`. Pure. */
export function diffEnv(
  before: Readonly<Record<string, string>>,
  after: ReadonlyMap<string, string>,
): EnvDiff {
  const names = [...after.keys()].sort()
  const had = (name: string) => Object.hasOwn(before, name)
  const added = names.filter((name) => !had(name))
  const changed = names.filter((name) => had(name) && before[name] !== after.get(name))
  const removed = Object.keys(before)
    .filter((name) => !after.has(name))
    .sort()
  // A null prototype: `__proto__` is a name like any other.
  const patch: Record<string, string | null> = Object.create(null) as Record<string, string | null>
  for (const name of [...added, ...changed]) patch[name] = after.get(name) ?? ''
  for (const name of removed) patch[name] = null
  return { added, changed, removed, patch }
}

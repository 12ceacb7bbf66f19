import { own } from '../own.ts'

/** What a package.json script runs, without npm in between where that is the same. */
export type ResolvedScript =
  | { readonly how: 'direct'; readonly command: string }
  | { readonly how: 'npm'; readonly command: string; readonly why: string }

const MAX_DEPTH = 8
/** Scripts that call each other many times over must not grow without end. */
const MAX_PARTS = 50
const QUOTED = /"(?:[^"\\]|\\.)*"|'[^']*'/g
/** Redirections, pipes, lists, substitutions: what has its own idea of processes stays as it was written. */
const SHELL = /[|;&<>`\n]|\$\(/
const NPM_RUN = /^npm (?:run|run-script) ([\w:.-]+)(?: --(?: (.*))?)?$/
/** The others hand arguments on without being told to; a script may be named without `run`. */
const OTHER_RUN = /^(?:pnpm|yarn|bun)( run)? ([\w:.-]+)(?: (?:-- )?(.*))?$/
const BUILTINS = new Set([
  'cd',
  'export',
  'set',
  'unset',
  'source',
  '.',
  'exec',
  'eval',
  'test',
  'echo',
  'exit',
  'true',
  'false',
  'if',
  'for',
  'while',
])

/**
 * npm as the start command costs several times the start time and keeps signals from the app. A script is resolved when
 * running its text with node_modules/.bin on PATH does the same: no pre- or post-script, no `npm_…` variable, and no
 * shell construct but `&&`. Nested `npm run x` is followed.
 */
export function resolveScript(
  scripts: Readonly<Record<string, string>>,
  name: string,
  runner = 'npm run',
): ResolvedScript {
  const parts = expand(scripts, name, '', 0)
  if (typeof parts === 'string')
    return {
      how: 'npm',
      command: name === 'start' && runner === 'npm run' ? 'npm start' : `${runner} ${name}`,
      why: parts,
    }
  const last = parts.at(-1) ?? ''
  const command = parts.length === 1 ? last : [...parts.slice(0, -1), withExec(last)].join(' && ')
  return { how: 'direct', command }
}

/** The simple commands in their order, or why the script has to be left to npm. */
function expand(
  scripts: Readonly<Record<string, string>>,
  name: string,
  args: string,
  depth: number,
): string[] | string {
  const text = own(scripts, name)?.trim()
  if (text === undefined || text === '') return `there is no script "${name}"`
  if (depth > MAX_DEPTH) return `script "${name}" calls itself`
  if (own(scripts, `pre${name}`) !== undefined) return `script "pre${name}" runs before it`
  if (own(scripts, `post${name}`) !== undefined) return `script "post${name}" runs after it`
  if (/npm_(package|config|lifecycle|execpath|node)/.test(text))
    return `script "${name}" uses variables that only npm sets`
  const parts: string[] = []
  const segments = splitOnAnd(text)
  for (const [index, segment] of segments.entries()) {
    if (SHELL.test(segment.replace(QUOTED, ''))) return `script "${name}" is more than a plain command`
    const line = index === segments.length - 1 && args !== '' ? `${segment} ${args}` : segment
    const nested = scriptCall(scripts, line)
    if (nested === null) {
      parts.push(line)
      continue
    }
    const inner = expand(scripts, nested.name, nested.args, depth + 1)
    if (typeof inner === 'string') return inner
    parts.push(...inner)
    if (parts.length > MAX_PARTS) return `script "${name}" runs more than ${MAX_PARTS} commands`
  }
  return parts
}

/** The script that a command runs by a package manager; null when it is another command. */
export function scriptCall(
  scripts: Readonly<Record<string, string>>,
  command: string,
): { name: string; args: string } | null {
  if (/^(?:npm|pnpm|yarn|bun) start$/.test(command)) return { name: 'start', args: '' }
  const npm = NPM_RUN.exec(command)
  if (npm !== null) return { name: npm[1] ?? '', args: npm[2] ?? '' }
  const [, run, name = '', args = ''] = OTHER_RUN.exec(command) ?? []
  // Without `run`, and with bun even with it, the word may also be a program or a command of the manager.
  return name !== '' &&
    (own(scripts, name) !== undefined || (run !== undefined && !command.startsWith('bun')))
    ? { name, args }
    : null
}

/** Splits on `&&` outside of quotes. */
function splitOnAnd(text: string): string[] {
  const parts: string[] = []
  let quote = ''
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === '\\' && quote === '"') at += 1
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'") {
      quote = char
    } else if (char === '&' && text[at + 1] === '&') {
      parts.push(text.slice(from, at).trim())
      at += 1
      from = at + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts.filter((part) => part !== '')
}

/** The last command of a list replaces the shell, so that it gets the signals. */
function withExec(command: string): string {
  const assignments = /^(?:\w+=(?:"[^"]*"|'[^']*'|[^\s"']*)\s+)*/.exec(command)?.[0] ?? ''
  const rest = command.slice(assignments.length)
  const word = rest.split(/\s/, 1)[0] ?? ''
  return BUILTINS.has(word) || word === '' ? command : `${assignments}exec ${rest}`
}

/** The first word of a command, assignments and folders left out. */
export function programOf(command: string): string {
  const word =
    command.split(/\s+/).find((part) => !/^\w+=/.test(part) && part !== 'exec' && part !== 'cross-env') ?? ''
  return word.slice(word.lastIndexOf('/') + 1)
}

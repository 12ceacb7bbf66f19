/** A file that a build's output names, as it is written there: relative, or below wherever the build ran. */
export interface Mention {
  readonly path: string
  readonly line: number
  readonly column?: number
}

export interface FoundError {
  readonly message: string
  /** The likeliest first; which of them are the app's own is for the caller to see. */
  readonly mentions: readonly Mention[]
}

const PATH = String.raw`(?:file:\/\/)?((?:\.{0,2}\/)?(?:[\w@.+\-[\]()]+\/)*[\w@+\-[\]][\w@.+\-[\]]*\.[A-Za-z]\w{0,5})`
/** `src/a.ts(3,5): error TS2304: …` */
const PARENTHESES = new RegExp(String.raw`^\s*${PATH}\((\d+),(\d+)\): (?:fatal )?error:? (.+)$`)
/** `src/a.ts:3:5 - error …`, `src/a.py:3: SyntaxError: …`, or the place alone. */
const LEADING = new RegExp(String.raw`^\s*${PATH}:(\d+)(?::(\d+))?(?::? ?-? ?(.*))?$`)
/** The place alone, as esbuild has it below its message. */
const ONLY = new RegExp(String.raw`^\s*${PATH}:(\d+)(?::(\d+))?:?\s*$`)
/** `error: src/a.js:3: …`, `… Error … (src/a.js:3:5)`. */
const INSIDE = new RegExp(String.raw`[\s("'\[]${PATH}:(\d+)(?::(\d+))?`)
const FRAME = new RegExp(String.raw`^\s+at .*?[\s(]${PATH}:(\d+):(\d+)\)?$`)
const PYTHON_FILE = /^\s*File "([^"]+)", line (\d+)/
/** `TypeError: …`, `[ERROR] …`, `✘ [ERROR] …`, and what Python's tracebacks end with. */
const NAMED =
  /^\s*(?:\S{1,3} )?(?:\[ERROR\] |Uncaught |error(?: during build)?:\s*)?((?:[\w.]*(?:Error|Exception)\b[^:]*: |\[ERROR\] ).+)$/
const ALONE = new RegExp(String.raw`^\s*${PATH}$`)
/** ESLint and webpack put `3:5  error  …` below the name of the file. */
const BELOW = /^\s*(\d+):(\d+)\s+(?:error|Error:)\s+(.+)$/
const SPEAKS_OF_ERROR = /error|exception|failed|fatal|cannot|unexpected|not found|✘|×/i
const SPEAKS_OF_WARNING = /\bwarn(?:ing)?\b/i
/** A message stands at most so many lines after its place (the source line, a caret, an empty line between). */
const NEAR = 6
/** The frames of one error reach this far. */
const FAR = 200
/** Longer lines are minified code or data. */
const MAX_LINE = 2_000

const mention = (path: string, line: string, column: string | undefined): Mention => ({
  path,
  line: Number(line),
  ...(column === undefined ? {} : { column: Number(column) }),
})

/** Errors that name a place, out of the output of compilers, linters and runtimes; in order, each once. */
export function findErrors(printed: readonly string[]): FoundError[] {
  const lines = printed.map((line) => (line.length > MAX_LINE ? '' : line))
  const found: FoundError[] = []
  let below: string | null = null
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const under = BELOW.exec(line)
    if (under !== null && below !== null) {
      found.push({ message: tidy(under[3] ?? ''), mentions: [mention(below, under[1] ?? '', under[2])] })
      continue
    }
    const alone = ALONE.exec(line)
    if (alone !== null) below = alone[1] ?? null
    else if (line.trim() !== '' && !/^\s/.test(line)) below = null
    const error = placed(line, lines.slice(at + 1, at + 1 + NEAR)) ?? named(line, lines, at)
    if (error !== null) found.push(error)
  }
  return distinct(found)
}

/** A line that holds a place, with a message on it or near below. */
function placed(line: string, next: readonly string[]): FoundError | null {
  const tsc = PARENTHESES.exec(line)
  if (tsc !== null)
    return { message: tidy(tsc[4] ?? ''), mentions: [mention(tsc[1] ?? '', tsc[2] ?? '', tsc[3])] }
  if (FRAME.test(line)) return null
  const warns = SPEAKS_OF_WARNING.test(line) && !/error/i.test(line)
  const leading = LEADING.exec(line)
  if (leading !== null && !warns) {
    const place = mention(leading[1] ?? '', leading[2] ?? '', leading[3])
    const said = tidy(leading[4] ?? '')
    if (said !== '') return { message: said, mentions: [place] }
    const near = next.find((text) => NAMED.test(text))
    return near === undefined ? null : { message: tidy(NAMED.exec(near)?.[1] ?? near), mentions: [place] }
  }
  const inside = INSIDE.exec(line)
  if (inside === null || warns || !SPEAKS_OF_ERROR.test(line)) return null
  return { message: tidy(line), mentions: [mention(inside[1] ?? '', inside[2] ?? '', inside[3])] }
}

/** An error whose places are the frames around it: below in JavaScript, above in Python. */
function named(line: string, lines: readonly string[], at: number): FoundError | null {
  const message = NAMED.exec(line)?.[1]
  if (message === undefined) return null
  const mentions: Mention[] = []
  for (let next = at + 1; next < Math.min(lines.length, at + FAR); next += 1) {
    const text = lines[next] ?? ''
    const place = FRAME.exec(text) ?? ONLY.exec(text)
    if (place !== null) mentions.push(mention(place[1] ?? '', place[2] ?? '', place[3]))
    else if (!/^\s*(?:at |$)/.test(text)) break
  }
  for (let before = at - 1; before >= Math.max(0, at - FAR); before -= 1) {
    const text = lines[before] ?? ''
    const place = PYTHON_FILE.exec(text)
    if (place !== null) mentions.push(mention(place[1] ?? '', place[2] ?? '', undefined))
    // Between a traceback's frames stand lines of source and carets, all of them indented.
    else if (!/^\s/.test(text)) break
  }
  return mentions.length === 0 ? null : { message: tidy(message), mentions }
}

const tidy = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(?:error:? )(?=\S)/i, '')
    .slice(0, 500)

function distinct(errors: readonly FoundError[]): FoundError[] {
  const seen = new Set<string>()
  return errors.filter(({ mentions }) => {
    const [first] = mentions
    const key = `${first?.path ?? ''}:${first?.line ?? 0}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

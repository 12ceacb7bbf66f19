/** How a piece of terminal output looks. Colours are numbers 0–15 of the palette, or `rgb(…)`. */
export interface Style {
  readonly bold?: true
  readonly dim?: true
  readonly italic?: true
  readonly underline?: true
  readonly strike?: true
  readonly inverse?: true
  readonly fg?: number | string
  readonly bg?: number | string
}

export interface Span {
  readonly text: string
  readonly style: Style
}

const PLAIN: Style = {}
const ESC = '\u001b'
/** CSI … final byte; OSC … BEL or ST; other two-byte sequences; and control characters that print nothing. */
const SEQUENCE =
  // oxlint-disable-next-line no-control-regex -- terminal output is made of them
  /\u001b\[([0-9;:?<=>]*)[ -/]*([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g

/** Text without what a terminal would take as orders: what a filter looks at. Pure. */
export const plainText = (text: string): string => (isPlain(text) ? text : text.replace(SEQUENCE, ''))

// oxlint-disable-next-line no-control-regex -- see above
const isPlain = (text: string) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text)

/**
 * One line of terminal output as pieces with a look. Colours are understood, every other order (cursor, title, links)
 * is dropped; a carriage return begins the line anew, as progress bars mean it. Pure.
 */
export function parseAnsi(line: string): readonly Span[] {
  if (isPlain(line)) return line === '' ? [] : [{ text: line, style: PLAIN }]
  const spans: Span[] = []
  let style = PLAIN
  let from = 0
  const push = (to: number) => {
    if (to > from) spans.push({ text: line.slice(from, to), style })
  }
  for (const match of line.matchAll(SEQUENCE)) {
    push(match.index)
    from = match.index + match[0].length
    const [whole, parameters = '', final] = match
    if (whole.startsWith(ESC) && final === 'm') style = applyColours(style, parameters)
    else if (whole === '\r' && from < line.length) spans.length = 0
  }
  push(line.length)
  return spans
}

/** `Select Graphic Rendition`. Unknown numbers change nothing. */
function applyColours(before: Style, parameters: string): Style {
  const codes = parameters === '' ? [0] : parameters.split(/[;:]/).map(Number)
  let style: Record<string, unknown> = { ...before }
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0
    const on = FLAGS[code]
    if (on !== undefined) style[on] = true
    else if (code === 0) style = {}
    else if (code === 22) style = without(style, 'bold', 'dim')
    else if (code === 23) style = without(style, 'italic')
    else if (code === 24) style = without(style, 'underline')
    else if (code === 27) style = without(style, 'inverse')
    else if (code === 29) style = without(style, 'strike')
    else if (code === 39) style = without(style, 'fg')
    else if (code === 49) style = without(style, 'bg')
    else if (code >= 30 && code <= 37) style['fg'] = code - 30
    else if (code >= 90 && code <= 97) style['fg'] = code - 82
    else if (code >= 40 && code <= 47) style['bg'] = code - 40
    else if (code >= 100 && code <= 107) style['bg'] = code - 92
    else if (code === 38 || code === 48) {
      const { colour, used } = extended(codes.slice(at + 1))
      if (colour !== null) style[code === 38 ? 'fg' : 'bg'] = colour
      at += used
    }
  }
  return style
}

const FLAGS: Readonly<Record<number, keyof Style>> = {
  1: 'bold',
  2: 'dim',
  3: 'italic',
  4: 'underline',
  7: 'inverse',
  9: 'strike',
}

function without(style: Readonly<Record<string, unknown>>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(style).filter(([name]) => !names.includes(name)))
}

/** `5;n` of 256 colours, or `2;r;g;b`. */
function extended(rest: readonly number[]): { colour: number | string | null; used: number } {
  const [kind, a = 0, b = 0, c = 0] = rest
  if (kind === 2) return { colour: rgb(a, b, c), used: 4 }
  if (kind !== 5) return { colour: null, used: rest.length }
  if (a < 16) return { colour: a, used: 2 }
  if (a >= 232) return { colour: rgb(8 + (a - 232) * 10, 8 + (a - 232) * 10, 8 + (a - 232) * 10), used: 2 }
  const cube = a - 16
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40)
  return {
    colour: rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)),
    used: 2,
  }
}

const rgb = (...parts: readonly number[]) =>
  `rgb(${parts.map((part) => Math.min(255, Math.max(0, Math.trunc(part) || 0))).join(' ')})`

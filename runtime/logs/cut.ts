/** Longest line that is stored as one, in bytes; a longer one becomes several. */
export const MAX_LINE = 10_000

/** Lines of one batch: a reader has them all in memory at once. */
const MAX_LINES = 5000

export interface Piece {
  readonly from: number
  readonly to: number
  readonly lines: number
}

/**
 * Cuts what was read into batches: whole lines together, pieces of over-long lines by themselves. What comes after the
 * last line's end is left for later, unless nothing more will come (`ended`) or it is over-long already.
 */
export function cut(data: Buffer, ended: boolean): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  let lines = 0
  let at = 0
  const close = (to: number) => {
    if (lines > 0) pieces.push({ from, to, lines })
    from = to
    lines = 0
  }
  const split = (end: number) => {
    close(at)
    while (end - at > MAX_LINE) {
      const to = characterStart(data, at + MAX_LINE)
      pieces.push({ from: at, to, lines: 1 })
      at = to
    }
    from = at
  }
  for (;;) {
    const eol = data.indexOf(10, at)
    if (eol === -1) break
    if (eol - at > MAX_LINE) split(eol)
    lines += 1
    at = eol + 1
    if (lines === MAX_LINES) close(at)
  }
  close(at)
  if (data.length - at > MAX_LINE) split(data.length)
  if (ended && at < data.length) pieces.push({ from: at, to: data.length, lines: 1 })
  return pieces
}

/** `at`, or up to 3 bytes before it where a character of UTF-8 would be cut in two. */
function characterStart(data: Buffer, at: number): number {
  let start = at
  while (at - start < 3 && ((data[start] ?? 0) & 0xc0) === 0x80) start -= 1
  return ((data[start] ?? 0) & 0xc0) === 0x80 ? at : start
}

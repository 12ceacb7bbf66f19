import { z } from 'zod'

/**
 * A log is a row of segment files. A segment begins with a header line, then come records:
 *
 *     H {"version":1,"first":<seq of its first line>,"sources":[…]}
 *     S <index> {"key","source","process","stream","offset"}
 *     B <index> <ms> <start> <bytes> <lines>
 *     <bytes, just as the instance wrote them>
 *
 * A batch is what was read at once from one source: its bytes come from offset `start` of that source's file. So one
 * write keeps the lines and how far we have read them, which is why a kill at any moment neither loses nor repeats a
 * line: what was cut off is read from the source again. Sequence numbers follow from counting.
 */
export const StoredSource = z.object({
  key: z.string(),
  source: z.enum(['app', 'skypanel']),
  process: z.string(),
  stream: z.enum(['stdout', 'stderr']),
  /** How far the source's file has been stored. */
  offset: z.number().int().min(0),
})
export type StoredSource = z.infer<typeof StoredSource>

const Header = z.object({
  version: z.literal(1),
  first: z.number().int().min(1),
  sources: z.array(StoredSource.extend({ index: z.number().int() })),
})

export interface Batch {
  readonly index: number
  readonly time: number
  readonly start: number
  readonly lines: number
  /** Sequence number of its first line. */
  readonly seq: number
  readonly raw: Buffer
}

export function headerRecord(first: number, sources: ReadonlyMap<number, StoredSource>): Buffer {
  const list = [...sources].map(([index, source]) => ({ index, ...source }))
  return Buffer.from(`H ${JSON.stringify({ version: 1, first, sources: list })}\n`)
}

export function sourceRecord(index: number, source: StoredSource): Buffer {
  return Buffer.from(`S ${index} ${JSON.stringify(source)}\n`)
}

export function batchRecord(
  index: number,
  time: number,
  start: number,
  bytes: number,
  lines: number,
): Buffer {
  return Buffer.from(`B ${index} ${time} ${start} ${bytes} ${lines}\n`, 'latin1')
}

export interface Reading {
  /** By index; offsets are those after the last batch that was read. */
  readonly sources: Map<number, StoredSource>
  seq: number
}

/** The header of a segment and where its records begin; null when it was cut off. */
export function readHeader(data: Buffer): { readonly reading: Reading; readonly end: number } | null {
  const end = data.indexOf(10)
  if (end < 2 || data[0] !== 0x48) return null
  try {
    const { first, sources } = Header.parse(JSON.parse(data.toString('utf8', 2, end)))
    return {
      reading: { seq: first, sources: new Map(sources.map(({ index, ...source }) => [index, source])) },
      end: end + 1,
    }
  } catch {
    return null
  }
}

/**
 * Reads the whole records in `data` from `at` on, and says where the first one begins that is cut off (or damaged).
 * `reading` goes along. `take` may end it early by answering false; that batch counts as not read.
 */
export function readRecords(
  data: Buffer,
  at: number,
  reading: Reading,
  take: (batch: Batch) => boolean,
): number {
  for (;;) {
    const eol = data.indexOf(10, at)
    if (eol === -1) return at
    const kind = data[at]
    const text = data.toString('utf8', at + 2, eol)
    if (kind === 0x53) {
      const space = text.indexOf(' ')
      const source = StoredSource.safeParse(parseJson(text.slice(space + 1)))
      if (!source.success) return at
      reading.sources.set(Number(text.slice(0, space)), source.data)
      at = eol + 1
      continue
    }
    if (kind !== 0x42) return at
    const [index = -1, time = 0, start = 0, bytes = -1, lines = 0] = text.split(' ').map(Number)
    const source = reading.sources.get(index)
    const end = eol + 1 + bytes
    if (source === undefined || bytes < 0 || end > data.length) return at
    const raw = data.subarray(eol + 1, end)
    if (!take({ index, time, start, lines, seq: reading.seq, raw })) return at
    reading.seq += lines
    reading.sources.set(index, { ...source, offset: start + bytes })
    at = end
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A batch's lines as text, without their ends; what is no UTF-8 is shown as such. */
export function linesOf(raw: Buffer): string[] {
  const lines: string[] = []
  let at = 0
  while (at < raw.length) {
    const eol = raw.indexOf(10, at)
    const end = eol === -1 ? raw.length : eol
    const text = raw.toString('utf8', at, end)
    lines.push(text.endsWith('\r') ? text.slice(0, -1) : text)
    at = end + 1
  }
  return lines
}

import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import type { LogLine } from '../../server/contract/logs.ts'
import type { AppLog } from './app-log.ts'
import { linesOf, readHeader, readRecords, type Batch, type Reading, type StoredSource } from './segment.ts'

export interface LineFilter {
  /** `web` takes `web.1` too. */
  readonly process: string | null
  readonly source: 'app' | 'skypanel' | null
}

function matches(filter: LineFilter, source: StoredSource): boolean {
  if (filter.source !== null && filter.source !== source.source) return false
  return (
    filter.process === null ||
    filter.process === source.process ||
    source.process.startsWith(`${filter.process}.`)
  )
}

function toLines(batch: Batch, source: StoredSource): LogLine[] {
  const time = new Date(batch.time).toISOString()
  const { source: from, process, stream } = source
  return linesOf(batch.raw).map((text, index) => ({
    seq: batch.seq + index,
    time,
    source: from,
    process,
    stream,
    text,
  }))
}

/** The last `count` lines that match (with `before`: of those in front of that line), in order. */
export function lastLines(
  log: AppLog,
  count: number,
  filter: LineFilter,
  before: number = Number.POSITIVE_INFINITY,
): LogLine[] {
  const found: LogLine[][] = []
  let missing = count
  for (const { path, first } of log.segments.toReversed()) {
    if (missing <= 0) break
    if (first >= before) continue
    const data = readFileSync(path)
    const header = readHeader(data)
    if (header === null) continue
    const batches: { batch: Batch; source: StoredSource }[] = []
    readRecords(data, header.end, header.reading, (batch) => {
      if (batch.seq >= before) return false
      const source = header.reading.sources.get(batch.index)
      if (source !== undefined && matches(filter, source)) batches.push({ batch, source })
      return true
    })
    for (const { batch, source } of batches.toReversed()) {
      if (missing <= 0) break
      const lines = toLines(batch, source)
        .filter(({ seq }) => seq < before)
        .slice(-missing)
      found.push(lines)
      missing -= lines.length
    }
  }
  return found.toReversed().flat()
}

const STEP = 2 * 1024 * 1024
const ENOUGH_LINES = 10_000

/** Goes through a log at its reader's pace; what the log drops meanwhile is told by a line of the platform. */
export class Cursor {
  readonly #log: AppLog
  readonly #filter: LineFilter
  #next: number
  #segment = -1
  #position = 0
  #reading: Reading = { seq: 0, sources: new Map() }

  constructor(log: AppLog, from: number, filter: LineFilter) {
    this.#log = log
    this.#next = from
    this.#filter = filter
  }

  /** The next lines, about 2 MB at most; `more`: there are others at once. */
  read(): { readonly lines: LogLine[]; readonly more: boolean } {
    if (this.#next >= this.#log.next) return { lines: [], more: false }
    const lines: LogLine[] = []
    const oldest = this.#log.segments[0]?.first ?? this.#log.next
    if (this.#next < oldest) {
      lines.push(droppedLine(oldest - 1, oldest - this.#next))
      this.#next = oldest
    }
    const segment = this.#log.segments.findLast(({ first }) => first <= this.#next)
    if (segment === undefined) return { lines, more: false }
    const fd = openSync(segment.path, 'r')
    try {
      if (this.#segment !== segment.first) this.#enter(fd, segment.first)
      const data = readAt(fd, this.#position, STEP)
      const end = readRecords(data, 0, this.#reading, (batch) => {
        if (lines.length >= ENOUGH_LINES) return false
        const source = this.#reading.sources.get(batch.index)
        if (source !== undefined && matches(this.#filter, source) && batch.seq + batch.lines > this.#next) {
          for (const line of toLines(batch, source)) if (line.seq >= this.#next) lines.push(line)
        }
        return true
      })
      this.#position += end
      const after = this.#log.segments.find(({ first }) => first > segment.first)?.first ?? this.#log.next
      // What cannot be read (a damaged disk) is passed over, and said so.
      const stuck = end === 0 && this.#reading.seq < after
      if (stuck) lines.push(droppedLine(after - 1, after - this.#reading.seq))
      this.#next = Math.max(this.#next, stuck ? after : this.#reading.seq)
    } finally {
      closeSync(fd)
    }
    return { lines, more: this.#next < this.#log.next }
  }

  #enter(fd: number, first: number): void {
    const header = readHeader(readAt(fd, 0, STEP))
    this.#segment = first
    this.#position = header?.end ?? 0
    this.#reading = header?.reading ?? { seq: first, sources: new Map() }
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const data = Buffer.allocUnsafe(length)
  return data.subarray(0, readSync(fd, data, 0, length, position))
}

function droppedLine(seq: number, count: number): LogLine {
  const text = `${count} ${count === 1 ? 'line is' : 'lines are'} missing here: the log's size is limited and the oldest go first, or the disk lost them`
  return { seq, time: new Date().toISOString(), source: 'skypanel', process: 'logs', stream: 'stderr', text }
}

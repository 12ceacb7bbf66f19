import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writevSync,
} from 'node:fs'
import { join } from 'node:path'
import { cut } from './cut.ts'
import {
  batchRecord,
  headerRecord,
  readHeader,
  readRecords,
  sourceRecord,
  type Reading,
  type StoredSource,
} from './segment.ts'

export interface LogLimits {
  /** Bytes of one app's log; beyond it the oldest segments go. */
  readonly total: number
  readonly segment: number
}
export const DEFAULT_LIMITS: LogLimits = { total: 50 * 1024 * 1024, segment: 4 * 1024 * 1024 }

export interface Segment {
  readonly first: number
  readonly path: string
}

const segmentName = (first: number) => `${String(first).padStart(16, '0')}.log`

/** The log of one app. Calls are synchronous, so no two of them ever meet. */
export class AppLog {
  readonly folder: string
  readonly #limits: LogLimits
  #segments: Segment[] = []
  #fd = -1
  #size = 0
  #reading: Reading = { seq: 1, sources: new Map() }
  readonly #indexes = new Map<string, number>()
  readonly #listeners = new Set<() => void>()

  /** Opens a log, mends what a kill left half-written, and knows again how far each source was read. */
  constructor(folder: string, limits: LogLimits = DEFAULT_LIMITS) {
    this.folder = folder
    this.#limits = limits
    mkdirSync(folder, { recursive: true, mode: 0o750 })
    this.#segments = readdirSync(folder)
      .filter((name) => /^\d{16}\.log$/.test(name))
      .toSorted()
      .map((name) => ({ first: Number(name.slice(0, 16)), path: join(folder, name) }))
    for (;;) {
      const newest = this.#segments.at(-1)
      if (newest === undefined || this.#resume(newest)) break
      // Cut off within its header: it holds no line yet.
      unlinkSync(newest.path)
      this.#segments.pop()
    }
    if (this.#fd === -1) this.#begin()
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Sequence number of the next line. */
  get next(): number {
    return this.#reading.seq
  }

  /** How many bytes of a source are stored. */
  offsetOf(key: string): number {
    const index = this.#indexes.get(key)
    return index === undefined ? 0 : (this.#reading.sources.get(index)?.offset ?? 0)
  }

  /**
   * Stores what was read from a source at its offset. Returns how many bytes that was; the rest is no whole line yet.
   * Throws when the disk does not take it, and then nothing of it is stored.
   */
  append(source: Omit<StoredSource, 'offset'>, data: Buffer, ended: boolean, time: number): number {
    const pieces = cut(data, ended)
    const consumed = pieces.at(-1)?.to ?? 0
    if (consumed === 0) return 0
    if (this.#size > this.#limits.segment) this.#begin()
    const known = this.#indexes.get(source.key)
    const index = known ?? Math.max(-1, ...this.#reading.sources.keys()) + 1
    const offset = this.offsetOf(source.key)
    const buffers: Buffer[] = known === undefined ? [sourceRecord(index, { ...source, offset })] : []
    let lines = 0
    for (const piece of pieces) {
      const { from, to } = piece
      buffers.push(batchRecord(index, time, offset + from, to - from, piece.lines), data.subarray(from, to))
      lines += piece.lines
    }
    this.#write(buffers)
    this.#indexes.set(source.key, index)
    this.#reading.sources.set(index, { ...source, offset: offset + consumed })
    this.#reading.seq += lines
    for (const listener of this.#listeners) listener()
    return consumed
  }

  /** A source that is gone; the next segment does not name it any more. */
  forget(key: string): void {
    const index = this.#indexes.get(key)
    if (index !== undefined) this.#reading.sources.delete(index)
    this.#indexes.delete(key)
  }

  /** Keys of all sources that are still known. */
  get sources(): readonly string[] {
    return [...this.#indexes.keys()]
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    if (this.#fd !== -1) closeSync(this.#fd)
    this.#fd = -1
  }

  /** Removes the log with all that it holds. */
  destroy(): void {
    this.close()
    this.#segments = []
    rmSync(this.folder, { recursive: true, force: true })
    for (const listener of this.#listeners) listener()
  }

  #resume(segment: Segment): boolean {
    const data = readFileSync(segment.path)
    const header = readHeader(data)
    if (header === null) return false
    const end = readRecords(data, header.end, header.reading, () => true)
    this.#fd = openSync(segment.path, 'a', 0o640)
    if (end < data.length) ftruncateSync(this.#fd, end)
    this.#size = end
    this.#reading = header.reading
    for (const [index, source] of header.reading.sources) this.#indexes.set(source.key, index)
    return true
  }

  #begin(): void {
    const first = this.#reading.seq
    // A segment without a line is begun again rather than followed by one of the same name.
    if (this.#segments.at(-1)?.first === first) {
      unlinkSync(this.#segments.at(-1)?.path ?? '')
      this.#segments.pop()
    }
    const path = join(this.folder, segmentName(first))
    const fd = openSync(path, 'ax', 0o640)
    this.close()
    this.#fd = fd
    this.#size = 0
    this.#segments.push({ first, path })
    this.#write([headerRecord(first, this.#reading.sources)])
    this.#dropOldest()
  }

  #write(buffers: Buffer[]): void {
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    let written = 0
    try {
      written = writevSync(this.#fd, buffers)
    } finally {
      // A full disk may take a part of it.
      if (written !== bytes) ftruncateSync(this.#fd, this.#size)
    }
    if (written !== bytes) throw new Error(`no room for ${bytes} bytes of log below ${this.folder}`)
    this.#size += bytes
  }

  #dropOldest(): void {
    const sizes = this.#segments.map(({ path }) => statSync(path).size)
    let total = sizes.reduce((sum, size) => sum + size, 0)
    while (this.#segments.length > 1 && total > this.#limits.total - this.#limits.segment) {
      const oldest = this.#segments.shift()
      if (oldest === undefined) return
      total -= sizes.shift() ?? 0
      unlinkSync(oldest.path)
    }
  }
}

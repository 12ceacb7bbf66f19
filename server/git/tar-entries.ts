import { DomainError } from '../domain/errors.ts'
import type { ArchiveEntry } from '../domain/archive-entry.ts'

const BLOCK = 512
/** Names and attributes of one entry take a few hundred bytes. */
const MOST_EXTRA = 1 << 20
const MOST_PADDING = 1 << 20

export interface TarEntry extends ArchiveEntry {
  readonly size: number
  readonly executable: boolean
  /** To be read to its end before the next entry is asked for. */
  readonly content: AsyncIterable<Buffer>
}

const broken = (why: string) =>
  new DomainError('bad_request', `The archive cannot be read: ${why}. Send a tar archive, plain or gzip.`)

/** Reads bytes in the sizes that are asked for. */
class Bytes {
  readonly #most: number
  #read = 0
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>, most: number) {
    this.#most = most
    this.#source = source[Symbol.asyncIterator]()
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next()
    if (done === true) return false
    this.#read += value.byteLength
    if (this.#read > this.#most)
      throw new DomainError(
        'too_large',
        `The archive unpacks to more than ${Math.floor(this.#most / 1_000_000)} MB.`,
      )
    const next = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    this.#rest = this.#rest.length === 0 ? next : Buffer.concat([this.#rest, next])
    return true
  }

  /** Exactly `count` bytes; null at the end of the source. */
  async take(count: number): Promise<Buffer | null> {
    while (this.#rest.length < count) {
      if (!(await this.#more())) {
        if (this.#rest.length === 0) return null
        throw broken('it ends in the middle of an entry')
      }
    }
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }

  /** Reads on to the end of the source. */
  async drop(most: number): Promise<void> {
    let left = most - this.#rest.length
    this.#rest = Buffer.alloc(0)
    while (left > 0 && (await this.#more())) {
      left -= this.#rest.length
      this.#rest = Buffer.alloc(0)
    }
  }

  async *pieces(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw broken('it ends in the middle of a file')
      const piece = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(piece.length)
      left -= piece.length
      if (piece.length > 0) yield piece
    }
  }
}

interface Extra {
  path?: string
  target?: string
  size?: number
}

/**
 * The entries of a tar archive (ustar, pax, GNU) in order, as they arrive. `most`: bytes that it may unpack to, headers
 * included. Errors: bad_request, too_large.
 */
export async function* tarEntries(source: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(source, most)
  let extra: Extra = {}
  for (;;) {
    const block = await bytes.take(BLOCK)
    if (block === null) throw broken('its end is missing')
    if (block.every((byte) => byte === 0)) {
      // Writers fill their last record up; a client wants all of its bytes to be taken.
      await bytes.drop(MOST_PADDING)
      return
    }
    const header = readHeader(Buffer.from(block))
    if (header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K') {
      const text = await readExtra(bytes, header.size)
      // A global header describes the archive as a whole: its commit, at most.
      if (header.type === 'x') extra = { ...extra, ...parsePax(text) }
      if (header.type === 'L') extra = { ...extra, path: untilNul(text) }
      if (header.type === 'K') extra = { ...extra, target: untilNul(text) }
      continue
    }
    const kind = kindOf(header.type)
    const size = kind === 'file' ? (extra.size ?? header.size) : 0
    yield {
      path: extra.path ?? header.path,
      kind,
      target: extra.target ?? header.target,
      size,
      executable: (header.mode & 0o100) !== 0,
      content: bytes.pieces(size),
    }
    extra = {}
    const padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (padding > 0) await bytes.take(padding)
  }
}

function readHeader(block: Buffer) {
  let sum = 0
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 32 : byte
  if (readNumber(block.subarray(148, 156)) !== sum)
    throw broken('a header is damaged, or it is no tar archive')
  const text = (from: number, to: number) => untilNul(block.subarray(from, to))
  const prefix = text(257, 262) === 'ustar' && block[262] === 0 ? text(345, 500) : ''
  const name = text(0, 100)
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    mode: readNumber(block.subarray(100, 108)),
    size: readNumber(block.subarray(124, 136)),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 48),
    target: text(157, 257),
  }
}

/** Octal digits, or (first bit set) a big-endian number for what those cannot hold. */
function readNumber(field: Buffer): number {
  const first = field[0] ?? 0
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f
    for (const byte of field.subarray(1)) value = value * 256 + byte
    if (!Number.isSafeInteger(value)) throw broken('a size is beyond everything')
    return value
  }
  const digits = untilNul(field).trim()
  if (digits === '') return 0
  if (!/^[0-7]+$/.test(digits)) throw broken('a header is damaged, or it is no tar archive')
  return Number.parseInt(digits, 8)
}

function kindOf(type: string): ArchiveEntry['kind'] {
  switch (type) {
    case '0':
    case '7':
      return 'file'
    case '1':
      return 'hard link'
    case '2':
      return 'link'
    case '3':
    case '4':
    case '6':
      return 'device'
    case '5':
      return 'folder'
    default:
      return 'other'
  }
}

async function readExtra(bytes: Bytes, size: number): Promise<Buffer> {
  if (size > MOST_EXTRA) throw broken('an entry has more attributes than any file could')
  const padded = Math.ceil(size / BLOCK) * BLOCK
  const block = padded === 0 ? Buffer.alloc(0) : await bytes.take(padded)
  if (block === null) throw broken('its end is missing')
  return Buffer.from(block.subarray(0, size))
}

/** `<length> <key>=<value>\n` records. */
function parsePax(data: Buffer): Extra {
  const extra: Extra = {}
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at)
    const length = Number(data.toString('latin1', at, space))
    if (space < 0 || !Number.isInteger(length) || length < 5 || at + length > data.length)
      throw broken('the attributes of an entry are damaged')
    const record = data.toString('utf8', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    const value = record.slice(equals + 1)
    const key = record.slice(0, equals)
    if (key === 'path') extra.path = value
    if (key === 'linkpath') extra.target = value
    if (key === 'size') {
      if (!/^\d{1,15}$/.test(value)) throw broken('the attributes of an entry are damaged')
      extra.size = Number(value)
    }
    if (key.startsWith('GNU.sparse')) throw broken('it holds a sparse file')
    at += length
  }
  return extra
}

function untilNul(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

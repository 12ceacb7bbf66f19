/** The little of DNS that the directory speaks (RFC 1035): one question in, A records or nothing out. */
export const TYPE_A = 1
export const TYPE_ANY = 255
export const CLASS_IN = 1
export const RCODE = {
  ok: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const

const HEADER = 12
const MAX_NAME = 255

export interface Query {
  readonly id: number
  readonly opcode: number
  readonly recursionDesired: boolean
  /** Lower case, without the dot at the end; bytes outside of printable ASCII are `?`, so no name can pass for another. */
  readonly name: string
  readonly type: number
  readonly class: number
  /** Where the question ends; an answer repeats the bytes up to here. */
  readonly end: number
}

/**
 * Reads a query. null: not a query that one may answer (an answer itself, cut off, no or several questions, compressed
 * or over-long name); it is dropped, as answering garbage would help reflection.
 */
export function parseQuery(packet: Uint8Array): Query | null {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  if (packet.byteLength < HEADER + 5) return null
  const flags = view.getUint16(2)
  if ((flags & 0x8000) !== 0 || view.getUint16(4) !== 1 || view.getUint16(6) !== 0) return null
  const labels: string[] = []
  let at = HEADER
  for (;;) {
    const length = packet[at]
    // 63 is the longest label; what is above is a compression pointer, which a question has no use for.
    if (length === undefined || length > 63) return null
    at += 1
    if (length === 0) break
    if (at + length > packet.byteLength || at + length - HEADER > MAX_NAME) return null
    labels.push(labelText(packet.subarray(at, at + length)))
    at += length
  }
  if (at + 4 > packet.byteLength) return null
  return {
    id: view.getUint16(0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & 0x0100) !== 0,
    name: labels.join('.'),
    type: view.getUint16(at),
    class: view.getUint16(at + 2),
    end: at + 4,
  }
}

function labelText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    // A dot inside of a label would look like two labels.
    if (byte <= 0x20 || byte >= 0x7f || byte === 0x2e) text += '?'
    else text += String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte)
  }
  return text
}

/** The answer to `query`, which was read from `packet`: its question, then one A record of TTL 0 per address. */
export function buildAnswer(
  packet: Uint8Array,
  query: Query,
  answer: { readonly rcode: number; readonly authoritative: boolean; readonly addresses: readonly string[] },
): Buffer {
  const question = query.end - HEADER
  const reply = Buffer.alloc(HEADER + question + answer.addresses.length * 16)
  reply.writeUInt16BE(query.id, 0)
  const flags =
    0x8000 |
    (query.opcode << 11) |
    (answer.authoritative ? 0x0400 : 0) |
    (query.recursionDesired ? 0x0100 : 0) |
    0x0080 |
    answer.rcode
  reply.writeUInt16BE(flags, 2)
  reply.writeUInt16BE(1, 4)
  reply.writeUInt16BE(answer.addresses.length, 6)
  reply.set(packet.subarray(HEADER, query.end), HEADER)
  let at = HEADER + question
  for (const address of answer.addresses) {
    reply.writeUInt16BE(0xc000 | HEADER, at)
    reply.writeUInt16BE(TYPE_A, at + 2)
    reply.writeUInt16BE(CLASS_IN, at + 4)
    reply.writeUInt32BE(0, at + 6)
    reply.writeUInt16BE(4, at + 10)
    for (const [index, part] of address.split('.').entries()) reply.writeUInt8(Number(part), at + 12 + index)
    at += 16
  }
  return reply
}

/** Whether `reply` is an answer to what was asked in `packet`: same id, same question. */
export function answers(reply: Uint8Array, packet: Uint8Array, query: Query, id: number): boolean {
  if (reply.byteLength < query.end) return false
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength)
  if (view.getUint16(0) !== id || (view.getUint16(2) & 0x8000) === 0 || view.getUint16(4) !== 1) return false
  for (let at = HEADER; at < query.end; at += 1) if (reply[at] !== packet[at]) return false
  return true
}

/** `packet` with another id; forwarded queries get a random one, so that an answer is hard to forge. */
export function withId(packet: Uint8Array, id: number): Buffer {
  const copy = Buffer.from(packet)
  copy.writeUInt16BE(id, 0)
  return copy
}

/** A question of our own for the A records of a name; the name is checked by whoever stores it. */
export function buildQuery(name: string, id: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'))
  const head = Buffer.alloc(HEADER)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(0x0100, 2)
  head.writeUInt16BE(1, 4)
  const tail = Buffer.from([0, 0, TYPE_A, 0, CLASS_IN])
  return Buffer.concat([head, ...labels.flatMap((label) => [Buffer.from([label.length]), label]), tail])
}

/** The A records of an answer, those behind aliases included; `cut`: it did not fit and has to be asked over TCP. */
export function readAddresses(reply: Uint8Array, questionEnd: number): { cut: boolean; addresses: string[] } {
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength)
  if (reply.byteLength < questionEnd) return { cut: false, addresses: [] }
  const cut = (view.getUint16(2) & 0x0200) !== 0
  const addresses: string[] = []
  let at = questionEnd
  for (let left = view.getUint16(6); left > 0; left -= 1) {
    const record = skipName(reply, at)
    if (record === null || record + 10 > reply.byteLength) break
    const length = view.getUint16(record + 8)
    const data = record + 10
    if (data + length > reply.byteLength) break
    if (view.getUint16(record) === TYPE_A && view.getUint16(record + 2) === CLASS_IN && length === 4)
      addresses.push([...reply.subarray(data, data + 4)].join('.'))
    at = data + length
  }
  return { cut, addresses: [...new Set(addresses)].toSorted() }
}

/** Where a name ends; a pointer ends it, and is never followed. */
function skipName(bytes: Uint8Array, start: number): number | null {
  for (let at = start; ; ) {
    const length = bytes[at]
    if (length === undefined) return null
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    if (length > 63) return null
    at += length + 1
  }
}

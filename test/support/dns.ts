import { parseQuery } from '../../runtime/directory/dns.ts'

/** A query as a resolver sends it. */
export function queryPacket(name: string, type = 1, id = 7): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  const parts = labels.flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)])
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([head, ...parts, Buffer.from([0, type >> 8, type & 255, 0, 1])])
}

/** Addresses of an answer whose records point back at the question. */
export function addressesOf(reply: Buffer): string[] {
  const asked = Buffer.concat([reply.subarray(0, 2), Buffer.from([0, 0, 0, 1, 0, 0]), reply.subarray(8)])
  const query = parseQuery(asked)
  if (query === null) throw new Error('not an answer')
  return Array.from({ length: reply.readUInt16BE(6) }, (_, index) => {
    const at = query.end + index * 16
    return [...reply.subarray(at + 12, at + 16)].join('.')
  })
}

/** Frames of an attached run (see `contract/runs.ts`): type byte, length uint32 big-endian, payload. */
const MAX_PAYLOAD = 1024 * 1024

export function encodeFrame(type: number, payload: Buffer | string = ''): Buffer {
  const body = Buffer.from(payload)
  const head = Buffer.alloc(5)
  head.writeUInt8(type, 0)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/** Cuts a stream into frames. The returned function throws on a frame that is too big to be one of ours. */
export function frameDecoder(onFrame: (type: number, payload: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (data) => {
    rest = rest.length === 0 ? Buffer.from(data) : Buffer.concat([rest, data])
    while (rest.length >= 5) {
      const length = rest.readUInt32BE(1)
      if (length > MAX_PAYLOAD) throw new RangeError(`A frame of ${length} bytes is more than ${MAX_PAYLOAD}`)
      if (rest.length < 5 + length) return
      const payload = Buffer.from(rest.subarray(5, 5 + length))
      const type = rest.readUInt8(0)
      rest = rest.subarray(5 + length)
      onFrame(type, payload)
    }
  }
}

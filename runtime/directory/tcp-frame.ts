/** DNS over TCP: each message behind its length in two bytes. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(message.byteLength + 2)
  framed.writeUInt16BE(message.byteLength, 0)
  framed.set(message, 2)
  return framed
}

/**
 * Cuts a stream into messages. The returned function takes what came in; false: the stream is not DNS (an empty
 * message) and is to be closed.
 */
export function frames(onMessage: (message: Buffer) => void): (data: Buffer) => boolean {
  let held: Buffer = Buffer.alloc(0)
  return (data) => {
    held = held.length === 0 ? data : Buffer.concat([held, data])
    while (held.length >= 2) {
      const length = held.readUInt16BE(0)
      if (length === 0) return false
      if (held.length < 2 + length) break
      onMessage(held.subarray(2, 2 + length))
      held = held.subarray(2 + length)
    }
    return true
  }
}

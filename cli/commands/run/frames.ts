/** One frame of an attached run: type byte, length (uint32, big-endian), payload. */
export interface Frame {
  readonly type: number
  readonly payload: Buffer
}

/** Larger than any frame that a platform sends; a longer one means that this is not our protocol. */
const MAX_PAYLOAD = 16 * 1024 * 1024

export function encodeFrame(type: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(type, 0)
  head.writeUInt32BE(payload.length, 1)
  return Buffer.concat([head, payload])
}

/** Frames out of a byte stream that is cut anywhere. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Uint8Array): Frame[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    while (this.#rest.length >= 5) {
      const length = this.#rest.readUInt32BE(1)
      if (length > MAX_PAYLOAD) throw new Error(`a frame of ${length} bytes is not one of ours`)
      if (this.#rest.length < 5 + length) break
      frames.push({ type: this.#rest.readUInt8(0), payload: this.#rest.subarray(5, 5 + length) })
      this.#rest = this.#rest.subarray(5 + length)
    }
    return frames
  }
}

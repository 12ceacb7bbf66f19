/**
 * What the server tells git's pre-receive hook: frames `type byte, length uint32 big-endian, payload`. The hook
 * accepts the push after a decision "ok" and after nothing else.
 */
export const HookFrame = { stdout: 1, stderr: 2, decision: 3 } as const

export function hookFrame(type: number, text: string): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(5)
  head.writeUInt8(type, 0)
  head.writeUInt32BE(payload.length, 1)
  return Buffer.concat([head, payload])
}

/** Splits a stream into frames; keeps what is not yet complete. */
export function frameReader(): (data: Buffer) => { readonly type: number; readonly payload: Buffer }[] {
  let kept: Buffer = Buffer.alloc(0)
  return (data) => {
    kept = kept.length === 0 ? data : Buffer.concat([kept, data])
    const frames: { type: number; payload: Buffer }[] = []
    while (kept.length >= 5) {
      const end = 5 + kept.readUInt32BE(1)
      if (kept.length < end) break
      frames.push({ type: kept.readUInt8(0), payload: kept.subarray(5, end) })
      kept = kept.subarray(end)
    }
    return frames
  }
}

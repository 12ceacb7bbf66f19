/** git's framing: four hex digits of length (their own four included), then the payload. */
export function pktLine(payload: string | Buffer): Buffer {
  const body = Buffer.from(payload)
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body])
}

export const FLUSH = Buffer.from('0000')

/** A line that git shows the pusher as `remote: …`; for answers with the side-band capability. */
export const sideband = (text: string): Buffer =>
  pktLine(Buffer.concat([Buffer.from([2]), Buffer.from(text)]))

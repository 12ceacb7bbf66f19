import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunFrame } from '../../server/contract/runs.ts'
import type { Attachment } from './driver.ts'
import { encodeFrame, frameDecoder } from './frames.ts'

const TRIES = 200

export function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Attaches to the socket that init listens on; one that was started a moment ago may not have it yet. */
export async function attachTo(path: string): Promise<Attachment> {
  for (let round = 0; ; round++) {
    try {
      return attachment(await connectOnce(path))
    } catch (error) {
      if (round >= TRIES)
        throw new Error('The run does not take an attachment: it has ended, or was started without one.', {
          cause: error,
        })
      await sleep(25)
    }
  }
}

/** `others` is told of frames that are no output. */
export function attachment(
  socket: Socket,
  others: (type: number, payload: Buffer) => void = () => undefined,
): Attachment {
  const outputs: ((stream: 'stdout' | 'stderr', data: Buffer) => void)[] = []
  const closes: (() => void)[] = []
  let closed = false
  const decode = frameDecoder((type, payload) => {
    if (type !== RunFrame.stdout && type !== RunFrame.stderr) return others(type, payload)
    for (const output of outputs) output(type === RunFrame.stdout ? 'stdout' : 'stderr', payload)
  })
  socket.on('data', (data: Buffer) => {
    try {
      decode(data)
    } catch {
      // Only the tenant's side can have sent this; its run loses its line.
      socket.destroy()
    }
  })
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    closed = true
    for (const close of closes) close()
  })
  const send = (type: number, payload: Buffer | string = '') => {
    if (!closed) socket.write(encodeFrame(type, payload))
  }
  return {
    write: (data) => {
      for (let at = 0; at < data.length; at += 32_768) send(RunFrame.stdin, data.subarray(at, at + 32_768))
    },
    end: () => send(RunFrame.stdinEnd),
    resize: (rows, columns) => send(RunFrame.resize, JSON.stringify({ rows, columns })),
    signal: (name) => send(RunFrame.signal, name),
    onOutput: (listener) => void outputs.push(listener),
    onClose: (listener) => {
      if (closed) listener()
      else closes.push(listener)
    },
    close: () => socket.destroy(),
  }
}

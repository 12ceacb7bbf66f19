import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { RunFrame } from '../../../server/contract/runs.ts'
import { failureOf, parseJson, unreachable } from '../../api-failure.ts'
import { CliError, EXIT } from '../../exit.ts'
import { lookupLoopback } from '../../loopback.ts'
import { windowSize } from './window-size.ts'
import { encodeFrame, FrameReader } from './frames.ts'

export interface AttachTarget {
  readonly origin: string
  readonly token: string
  /** As the reply of the run's creation names it. */
  readonly path: string
  readonly name: string
  readonly pty: boolean
}

/** Joins this terminal with a one-off instance until it ends; resolves with its exit code (128 + n for a signal). */
export async function attach(target: AttachTarget): Promise<number> {
  const { socket, head } = await upgrade(target)
  const raw = target.pty && process.stdin.isTTY
  const send = (type: number, payload: Uint8Array): boolean => socket.write(encodeFrame(type, payload))
  const letGo = join(socket, send, target.pty)
  if (raw) process.stdin.setRawMode(true)
  try {
    return await untilExit(socket, head, target.name)
  } finally {
    if (raw) process.stdin.setRawMode(false)
    letGo()
    socket.destroy()
  }
}

function upgrade(target: AttachTarget): Promise<{ socket: Socket; head: Buffer }> {
  const path = target.path.startsWith('/api/') ? target.path : `/api${target.path}`
  const url = new URL(path, target.origin)
  return new Promise((resolve, reject) => {
    const options = {
      lookup: lookupLoopback,
      headers: { Authorization: `Bearer ${target.token}`, Connection: 'Upgrade', Upgrade: 'skypanel-run' },
    }
    const asking: ClientRequest =
      url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options)
    asking.on('upgrade', (_response, socket, head) => resolve({ socket: socket as Socket, head }))
    asking.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => reject(failureOf(target.origin, response.statusCode ?? 500, body)))
    })
    asking.on('error', (error: NodeJS.ErrnoException) =>
      reject(unreachable(target.origin, error.code, error)),
    )
    asking.end()
  })
}

/** Passes stdin, window size and signals on; returns what undoes it. */
function join(
  socket: Socket,
  send: (type: number, payload: Uint8Array) => boolean,
  pty: boolean,
): () => void {
  const onData = (chunk: Buffer) => {
    // A fast writer (`skypanel run < file`) waits for the network instead of filling memory.
    if (!send(RunFrame.stdin, chunk)) process.stdin.pause()
  }
  const onDrain = () => void process.stdin.resume()
  const onEnd = () => void send(RunFrame.stdinEnd, Buffer.alloc(0))
  const onResize = () => {
    send(RunFrame.resize, Buffer.from(JSON.stringify(windowSize())))
  }
  const onSignal = (signal: NodeJS.Signals) => void send(RunFrame.signal, Buffer.from(signal))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

  process.stdin.on('data', onData).on('end', onEnd)
  socket.on('drain', onDrain)
  if (pty) process.stdout.on('resize', onResize)
  // Another listener on SIGINT keeps the first Ctrl-C from ending this program before the remote one.
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    process.stdin.off('data', onData).off('end', onEnd).pause()
    // A file as input has no such method, whatever its type says.
    if ('unref' in process.stdin) process.stdin.unref()
    socket.off('drain', onDrain)
    process.stdout.off('resize', onResize)
    for (const signal of signals) process.off(signal, onSignal)
  }
}

function untilExit(socket: Socket, head: Buffer, name: string): Promise<number> {
  const reader = new FrameReader()
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer) => {
      for (const { type, payload } of reader.push(chunk)) {
        if (type === RunFrame.exit) resolve(exitCode(payload))
        else if (type === RunFrame.stdout || type === RunFrame.stderr) {
          const stream = type === RunFrame.stdout ? process.stdout : process.stderr
          if (!stream.write(payload)) {
            socket.pause()
            stream.once('drain', () => socket.resume())
          }
        }
      }
    }
    socket.on('data', (chunk: Buffer) => {
      try {
        take(chunk)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
    const lost = (cause?: unknown) =>
      reject(
        new CliError('connection_lost', `The connection to ${name} was lost; it may still be running.`, {
          hint: `See what it prints: skypanel logs --process ${name}`,
          exit: EXIT.unavailable,
          cause,
        }),
      )
    socket.on('error', lost)
    socket.on('close', () => lost())
    if (head.length > 0) take(head)
    socket.resume()
  })
}

/** `{"code":0}` or `{"signal":"SIGKILL","reason":"…"}`; the reason is told, as the code alone would not tell it. */
function exitCode(payload: Buffer): number {
  const exit = parseJson(payload.toString('utf8'))
  if (typeof exit !== 'object' || exit === null) return EXIT.ours
  if ('reason' in exit && typeof exit.reason === 'string') process.stderr.write(` ▸    ${exit.reason}\n`)
  if ('code' in exit && typeof exit.code === 'number') return exit.code
  const signals: Readonly<Record<string, number>> = constants.signals
  return 'signal' in exit && typeof exit.signal === 'string' ? 128 + (signals[exit.signal] ?? 0) : EXIT.ours
}

import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { RunFrame } from '../../server/contract/runs.ts'
import { attachment, connectOnce } from './attach-socket.ts'
import type { ExecOrder, Execution } from './driver.ts'
import { encodeFrame } from './frames.ts'
import { signalName } from './init-end.ts'

/** The first frame of a command inside of an instance; see `native/exec.h`. */
const COMMAND_FRAME = 4
/** What init takes of it. */
const MAX_ORDER = 65_536
const TRIES = 200
const PAUSE_MS = 25

const End = z.union([
  z.object({ code: z.number().int().min(0).max(255) }),
  z.object({ signal: z.number().int().min(1).max(64) }),
])

/** Size, variables, an empty string, words; each ended by a NUL. Throws on what init cannot take. */
export function encodeOrder(argv: readonly string[], { env, pty }: Omit<ExecOrder, 'command'>): Buffer {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const strings = [pty === null ? '0x0' : `${pty.rows}x${pty.columns}`, ...variables, '', ...argv]
  if (strings.some((text) => text.includes('\0')))
    throw new Error('A command and its variables can hold no NUL byte.')
  const order = Buffer.from(strings.map((text) => `${text}\0`).join(''))
  if (order.length > MAX_ORDER)
    throw new Error(
      `The command and its variables have ${order.length} bytes; ${MAX_ORDER} can be passed on.`,
    )
  return order
}

/**
 * Has the init behind this socket run a command. `alive` tells whether the instance still runs: one that was started a
 * moment ago may not have its socket yet.
 */
export async function execOver(
  path: string,
  alive: () => boolean,
  argv: readonly string[],
  order: Omit<ExecOrder, 'command'>,
): Promise<Execution> {
  const first = encodeFrame(COMMAND_FRAME, encodeOrder(argv, order))
  const socket = await reach(path, alive)
  let end: Awaited<Execution['ended']> = null
  const line = attachment(socket, (type, payload) => {
    if (type !== RunFrame.exit) return
    const parsed = End.parse(JSON.parse(payload.toString()))
    end =
      'code' in parsed
        ? { code: parsed.code, signal: null }
        : { code: null, signal: signalName(parsed.signal) }
  })
  const ended = new Promise<Awaited<Execution['ended']>>((resolve) => line.onClose(() => resolve(end)))
  socket.write(first)
  return { ...line, ended }
}

async function reach(path: string, alive: () => boolean): Promise<Socket> {
  for (let round = 0; ; round++) {
    if (!alive()) throw new Error('The instance has ended, so no command can be run in it.')
    try {
      return await connectOnce(path)
    } catch (cause) {
      if (round >= TRIES)
        throw new Error(
          'The instance takes no commands: it was started before the platform could do this. Restart it first.',
          { cause },
        )
      await sleep(PAUSE_MS)
    }
  }
}

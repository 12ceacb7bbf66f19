import { createServer, connect, type Server } from 'node:net'
import { chmod, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { z } from 'zod'
import { Process, ProcessName } from './process.ts'

/** What setup asks of the supervisor: one JSON line there, one back, over a socket that only root may open. */
export const Order = z.discriminatedUnion('op', [
  z.object({ op: z.literal('status') }),
  z.object({ op: z.literal('apply'), table: z.array(Process), exact: z.boolean() }),
  z.object({ op: z.literal('stop'), names: z.array(ProcessName) }),
  z.object({ op: z.literal('restart'), names: z.array(ProcessName) }),
  z.object({ op: z.literal('shutdown') }),
  /** Another version takes over: the DNS socket is handed down and every process goes on. */
  z.object({ op: z.literal('handover'), argv: z.array(z.string()).min(1) }),
])
export type Order = z.infer<typeof Order>

export const Answer = z.object({
  version: z.string(),
  error: z.string().nullable(),
  processes: z.array(
    z.object({
      name: ProcessName,
      state: z.enum(['running', 'waiting', 'stopped']),
      pid: z.number().nullable(),
      restarts: z.number(),
      reason: z.string(),
    }),
  ),
})
export type Answer = z.infer<typeof Answer>

/** Serves orders. @throws EADDRINUSE when another supervisor answers there. */
export async function serveControl(path: string, answer: (order: Order) => Promise<Answer>): Promise<Server> {
  if (await reachable(path))
    throw Object.assign(new Error(`another supervisor answers on ${path}`), { code: 'EADDRINUSE' })
  await rm(path, { force: true })
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('data', (piece: string) => {
      text += piece
      const end = text.indexOf('\n')
      if (end < 0) return
      const line = text.slice(0, end)
      text = ''
      void reply(line, answer).then((result) => socket.end(`${JSON.stringify(result)}\n`))
    })
  })
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
  return server
}

async function reply(line: string, answer: (order: Order) => Promise<Answer>): Promise<Answer> {
  try {
    return await answer(Order.parse(JSON.parse(line)))
  } catch (error) {
    return { version: '', processes: [], error: error instanceof Error ? error.message : String(error) }
  }
}

async function reachable(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** A supervisor that ended while it was asked, e.g. one that has just handed over to its successor. */
export class WentAway extends Error {}

/** Asks the supervisor. null when none answers. @throws WentAway, or with the supervisor's own words. */
export async function ask(path: string, order: Order): Promise<Answer | null> {
  const text = await new Promise<string | null>((resolve, reject) => {
    const socket = connect(path)
    let received = ''
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${JSON.stringify(order)}\n`))
    socket.on('data', (piece: string) => (received += piece))
    socket.on('end', () => resolve(received))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
        ? resolve(null)
        : error.code === 'ECONNRESET' || error.code === 'EPIPE'
          ? resolve('')
          : reject(error),
    )
  })
  if (text === null) return null
  if (text === '') throw new WentAway(`the supervisor on ${path} went away while it worked`)
  const answer = Answer.parse(JSON.parse(text))
  if (answer.error !== null) throw new Error(`the supervisor: ${answer.error}`)
  return answer
}

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import { RunFrame } from '../../server/contract/runs.ts'
import type { Attachment } from '../driver/driver.ts'
import { encodeFrame, frameDecoder } from '../driver/frames.ts'
import { AgentError } from './agent-error.ts'
import type { AgentContext } from './context.ts'

const Size = z.object({ rows: z.number().int().min(1).max(1000), columns: z.number().int().min(1).max(1000) })
/** A client that is this far behind has stopped to read. */
const BUSY_BYTES = 64 * 1024 * 1024

/** `GET /v1/attach/<instance>`: upgrades to the frames of `runs.ts`; the last one tells how the run ended. */
export async function attach(agent: AgentContext, request: IncomingMessage, socket: Duplex): Promise<void> {
  const id = /^\/v1\/attach\/([0-9a-f-]{36})$/.exec(request.url ?? '')?.[1]
  const record = id === undefined ? null : agent.instances.find(id)
  if (record === null || !record.spec.attach)
    throw new AgentError('unknown_instance', 'There is no run of this id that can be attached to.')
  for (let round = 0; record.handle === null && round < 200; round++)
    await new Promise((resolve) => setTimeout(resolve, 25))
  if (record.handle === null) throw new AgentError('not_available', 'The run could not be started.')
  const line = await agent.driver.attach(record.handle)
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: skypanel-run\r\n\r\n')
  const closed = new Promise<void>((resolve) => line.onClose(resolve))
  line.onOutput((stream, data) => {
    if (socket.destroyed || socket.writableLength > BUSY_BYTES) line.close()
    else socket.write(encodeFrame(stream === 'stdout' ? RunFrame.stdout : RunFrame.stderr, data))
  })
  socket.on('data', frameHandler(line, socket))
  // The check of who is at the other end lent the connection to a child, and Node stops reading what it lends.
  socket.resume()
  socket.on('error', () => socket.destroy())
  // The client hangs up: so does the run's terminal.
  socket.once('close', () => line.close())
  await closed
  const exit = await agent.instances.ended(record.spec.id)
  const how =
    exit.signal === null && exit.code !== null
      ? { code: exit.code }
      : { signal: exit.signal ?? 'SIGKILL', reason: exit.message }
  if (!socket.destroyed) socket.end(encodeFrame(RunFrame.exit, JSON.stringify(how)))
}

function frameHandler(line: Attachment, socket: Duplex): (data: Buffer) => void {
  const decode = frameDecoder((type, payload) => {
    if (type === RunFrame.stdin) line.write(payload)
    if (type === RunFrame.stdinEnd) line.end()
    if (type === RunFrame.signal) line.signal(payload.toString())
    if (type === RunFrame.resize) {
      const { rows, columns } = Size.parse(JSON.parse(payload.toString()))
      line.resize(rows, columns)
    }
  })
  return (data) => {
    try {
      decode(data)
    } catch {
      socket.destroy()
    }
  }
}

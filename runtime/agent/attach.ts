import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import { RunFrame } from '../../server/contract/runs.ts'
import type { Attachment, Handle } from '../driver/driver.ts'
import { encodeFrame, frameDecoder } from '../driver/frames.ts'
import { AgentError } from './agent-error.ts'
import type { AgentContext } from './context.ts'
import type { InstanceRecord } from './instance-record.ts'

const Size = z.object({ rows: z.number().int().min(1).max(1000), columns: z.number().int().min(1).max(1000) })
/** A client that is this far behind has stopped to read. */
const BUSY_BYTES = 64 * 1024 * 1024

/**
 * `GET /v1/attach/<instance>` and `GET /v1/exec/<instance>/<exec>`: upgrades to the frames of `runs.ts`; the last one
 * tells how the run, or the command inside of an instance, ended.
 */
export async function attach(agent: AgentContext, request: IncomingMessage, socket: Duplex): Promise<void> {
  const inside = /^\/v1\/exec\/([0-9a-f-]{36})\/([0-9a-f-]{36})$/.exec(request.url ?? '')
  if (inside === null) return await attachRun(agent, request, socket)
  const [, id = '', exec = ''] = inside
  const order = agent.execs.take(id, exec)
  const record = await begun(agent, id)
  const line = await agent.driver.exec(record.handle, record.spec, order).catch((error: unknown) => {
    throw new AgentError('not_available', error instanceof Error ? error.message : String(error))
  })
  await join(line, socket, async () => {
    const end = await line.ended
    if (end === null) return { signal: 'SIGKILL', reason: `${record.spec.name} has ended.` }
    return end.code === null ? { signal: end.signal ?? 'SIGKILL' } : { code: end.code }
  })
}

async function attachRun(agent: AgentContext, request: IncomingMessage, socket: Duplex): Promise<void> {
  const id = /^\/v1\/attach\/([0-9a-f-]{36})$/.exec(request.url ?? '')?.[1]
  const known = id === undefined ? null : agent.instances.find(id)
  if (known === null || !known.spec.attach)
    throw new AgentError('unknown_instance', 'There is no run of this id that can be attached to.')
  const record = await begun(agent, known.spec.id)
  const line = await agent.driver.attach(record.handle)
  await join(line, socket, async () => {
    const exit = await agent.instances.ended(record.spec.id)
    return exit.signal === null && exit.code !== null
      ? { code: exit.code }
      : { signal: exit.signal ?? 'SIGKILL', reason: exit.message }
  })
}

/** The instance once its start has begun; one that was ordered a moment ago may still wait for its turn. */
async function begun(agent: AgentContext, id: string): Promise<InstanceRecord & { readonly handle: Handle }> {
  for (let round = 0; round < 200; round++) {
    const record = agent.instances.find(id)
    if (record === null) break
    if (record.handle !== null) return { ...record, handle: record.handle }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new AgentError('not_available', 'The instance could not be started.')
}

async function join(line: Attachment, socket: Duplex, exit: () => Promise<object>): Promise<void> {
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
  const how = await exit()
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

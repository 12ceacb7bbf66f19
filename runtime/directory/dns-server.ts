import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import type { ClientKind } from './clients.ts'
import type { Forward } from './forward.ts'
import type { GuestAnswer } from './guest-names.ts'
import { respond, serverFailure } from './respond.ts'
import { frame, frames } from './tcp-frame.ts'

export interface DnsParts {
  readonly resolve: (host: string) => readonly string[]
  readonly clientKind: (address: string) => ClientKind
  readonly forward: Forward
  /** What the instance at an address may be told of a name. */
  readonly guest?: (address: string, name: string) => GuestAnswer
}

const TCP_IDLE_MS = 10_000
const TCP_CONNECTIONS = 256

/**
 * Answers over UDP. With `fd` the socket was bound by our supervisor, which keeps it open: what is asked while the
 * directory restarts waits in its queue.
 */
export async function serveUdp(
  parts: DnsParts,
  where: { readonly address: string; readonly port: number } | { readonly fd: number },
): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (packet, from) => void answerUdp(parts, socket, packet, from))
  // Asked for before binding: with a descriptor Node tells it at once.
  const listening = once(socket, 'listening')
  if ('fd' in where) socket.bind({ fd: where.fd })
  else socket.bind(where.port, where.address)
  try {
    await listening
  } catch (error) {
    socket.close()
    throw error
  }
  // A reply that could not be sent (the asker is gone) is told here; the next query is none the worse for it.
  socket.on('error', () => undefined)
  return socket
}

async function answerUdp(parts: DnsParts, socket: Socket, packet: Buffer, from: RemoteInfo): Promise<void> {
  const client = parts.clientKind(from.address)
  const response = respond(packet, client, parts.resolve, guestOf(parts, from.address))
  if (response.kind === 'ignore') return
  const reply =
    response.kind === 'answer'
      ? response.packet
      : ((await parts.forward(packet, response.query, 'udp')) ?? serverFailure(packet, response.query))
  socket.send(reply, from.port, from.address, () => undefined)
}

export async function serveTcp(parts: DnsParts, address: string, port: number): Promise<Server> {
  const server = createServer((socket) => {
    const client = parts.clientKind(socket.remoteAddress ?? '')
    if (client === 'stranger') {
      socket.destroy()
      return
    }
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    const read = frames((message) => void answerTcp(parts, socket, message, client))
    socket.on('data', (data) => {
      if (!read(data)) socket.destroy()
    })
  })
  server.maxConnections = TCP_CONNECTIONS
  server.listen(port, address)
  await once(server, 'listening')
  return server
}

async function answerTcp(
  parts: DnsParts,
  socket: TcpSocket,
  message: Buffer,
  client: ClientKind,
): Promise<void> {
  const response = respond(message, client, parts.resolve, guestOf(parts, socket.remoteAddress ?? ''))
  if (response.kind === 'ignore') {
    socket.destroy()
    return
  }
  const reply =
    response.kind === 'answer'
      ? response.packet
      : ((await parts.forward(message, response.query, 'tcp')) ?? serverFailure(message, response.query))
  if (!socket.destroyed) socket.write(frame(reply))
}

const guestOf =
  ({ guest }: DnsParts, address: string) =>
  (name: string): GuestAnswer =>
    guest === undefined ? 'forward' : guest(address.replace(/^::ffff:/, ''), name)

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/**
 * The installation's DNS socket, held here and never read here: while the directory restarts, queries wait in the
 * kernel's queue instead of being refused.
 */
export interface HeldSocket {
  readonly fd: number
  close(): void
}

interface Handle {
  readonly fd: number
  recvStop(): void
}

/** Node offers no public way to bind without reading; this is the same handle that its own `dgram` stops on close. */
function handleOf(socket: Socket): Handle {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const state: unknown = Reflect.get(socket, symbol)
    if (typeof state !== 'object' || state === null) continue
    const handle: unknown = Reflect.get(state, 'handle')
    if (isHandle(handle)) return handle
  }
  throw new Error(
    `Node ${process.version} hides the handle of its UDP sockets; the DNS socket cannot be held`,
  )
}

function isHandle(value: unknown): value is Handle {
  if (typeof value !== 'object' || value === null) return false
  return typeof Reflect.get(value, 'fd') === 'number' && typeof Reflect.get(value, 'recvStop') === 'function'
}

/** Takes over a socket that an earlier supervisor handed down, or binds one. null: someone else has the port. */
export async function holdDnsSocket(
  from: { readonly fd: number } | { readonly port: number },
): Promise<HeldSocket | null> {
  const socket = createSocket('udp4')
  // Reading starts with binding and the first packet is read in a later turn: stopping at once misses none.
  socket.on('listening', () => handleOf(socket).recvStop())
  const listening = once(socket, 'listening')
  if ('fd' in from) socket.bind({ fd: from.fd })
  else socket.bind({ port: from.port, address: '127.0.0.1' })
  try {
    await listening
  } catch (error) {
    socket.close()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return null
    throw error
  }
  return { fd: handleOf(socket).fd, close: () => socket.close() }
}

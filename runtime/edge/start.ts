import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { normalHost } from '../directory/host-name.ts'
import { listenTcp } from '../directory/listen.ts'
import { APP_PORT, edgeAddress, type Installation } from '../installation.ts'
import { directoryClient, type AskDirectory } from './ask-directory.ts'
import { decide } from './decide.ts'
import { renderPage, type Rendered } from './pages.ts'
import { passOn } from './pass-on.ts'

/** How long a request waits for an instance that is on its way. */
const HOLD_S = 10
/** Requests that wait at once, in all and for one host; what is above is told to come again. */
const MAX_HELD = 2000
const MAX_HELD_PER_HOST = 200

/**
 * Serves the hosts that have no ready instance: on its own address at APP_PORT, where the directory leads to, and on
 * a loopback port, where Caddy asks for the words to an error of its own.
 */
export async function startEdge(installation: Installation): Promise<{ close(): void }> {
  const ask = directoryClient(installation.ports.directory)
  const held = new Map<string, number>()
  let heldInAll = 0
  let turn = 0

  async function patiently(host: string, error: number | null, gone: AbortSignal): ReturnType<AskDirectory> {
    const ofHost = held.get(host) ?? 0
    const mayWait = error === null && heldInAll < MAX_HELD && ofHost < MAX_HELD_PER_HOST
    if (!mayWait) return await ask(host, 0, gone)
    heldInAll += 1
    held.set(host, ofHost + 1)
    try {
      return await ask(host, HOLD_S, gone)
    } finally {
      heldInAll -= 1
      const left = (held.get(host) ?? 1) - 1
      if (left > 0) held.set(host, left)
      else held.delete(host)
    }
  }

  async function handle(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    fromError: boolean,
  ): Promise<void> {
    const gone = new AbortController()
    outgoing.on('close', () => gone.abort())
    const host = normalHost(incoming.headers.host ?? '')
    const error = fromError ? Number(incoming.headers['x-skypanel-error'] ?? 502) : null
    const state = await patiently(host, error, gone.signal)
    if (gone.signal.aborted) return
    turn += 1
    const decision = decide(state, error, turn)
    const explain = (page: Parameters<typeof renderPage>[0], app: string | null) =>
      answer(incoming, outgoing, renderPage(page, { app, host, ...asked(incoming) }))
    if (decision.kind === 'page') explain(decision.page, decision.app)
    else passOn(incoming, outgoing, decision.address, () => explain('no-answer', state?.app ?? null))
  }

  const servers: Server[] = []
  for (const { address, port, fromError } of [
    { address: edgeAddress(installation.id), port: APP_PORT, fromError: false },
    { address: '127.0.0.1', port: installation.ports.edge, fromError: true },
  ]) {
    // A held or streamed request may take any time; a slow head may not.
    const server = createServer({ requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 10_000 })
    server.on('request', (incoming, outgoing) => {
      handle(incoming, outgoing, fromError).catch(() => outgoing.destroy())
    })
    // A WebSocket cannot be handed over once opened here; its client tries again.
    server.on('upgrade', (_incoming, socket) => {
      socket.end(
        'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
      )
    })
    await listenTcp(server, address, port)
    servers.push(server)
  }
  return {
    close() {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

function asked(incoming: IncomingMessage): { accept: string; requestId: string } {
  const id = incoming.headers['x-request-id']
  return { accept: incoming.headers.accept ?? '', requestId: typeof id === 'string' ? id : randomUUID() }
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse, page: Rendered): void {
  const body = Buffer.from(page.body)
  // The rest of a body is thrown away, and the connection with it: the sender may have a lot left.
  const unread = !incoming.complete
  incoming.resume()
  outgoing.writeHead(page.status, {
    ...page.headers,
    'content-length': body.length,
    ...(unread ? { connection: 'close' } : {}),
  })
  outgoing.end(incoming.method === 'HEAD' ? undefined : body)
}

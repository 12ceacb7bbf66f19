import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { APP_PORT } from '../installation.ts'

// Connections are not kept: the edge is passed only in the moments around an instance's start.
const agent = new Agent({ keepAlive: false })

/** Hands a request that nobody has had yet to an instance. `failed` is called if the instance gave no answer at all. */
export function passOn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  address: string,
  failed: () => void,
): void {
  const { connection: _, 'keep-alive': __, ...headers } = incoming.headers
  const call = request({
    host: address,
    port: APP_PORT,
    method: incoming.method,
    path: incoming.url,
    headers,
    agent,
  })
  call.on('response', (reply) => {
    const { connection: ___, 'keep-alive': ____, ...replied } = reply.headers
    outgoing.writeHead(reply.statusCode ?? 502, reply.statusMessage, replied)
    reply.pipe(outgoing)
    reply.on('error', () => outgoing.destroy())
  })
  call.on('error', () => {
    incoming.unpipe(call)
    if (outgoing.headersSent) outgoing.destroy()
    else failed()
  })
  outgoing.on('close', () => call.destroy())
  incoming.pipe(call)
}

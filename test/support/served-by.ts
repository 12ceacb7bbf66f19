import { once } from 'node:events'
import { createServer as createHttpServer, request, type RequestListener } from 'node:http'
import { createServer } from 'node:net'

/** A port of the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** An HTTP server of this test's own, on a free port of the loopback. */
export async function servedBy(handler: RequestListener) {
  const server = createHttpServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Passes everything on to the platform, but ends the first push's connection as soon as the build has spoken. */
export function cuttingProxy(to: URL, cuts: string[]): RequestListener {
  return (incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming
    const asking = request({ host: '127.0.0.1', port: to.port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', (data: Buffer) => {
        const cut = url.endsWith('/git-receive-pack') && cuts.length === 0 && data.includes('----->')
        if (cut) cuts.push(url)
        // Only what has left is an answer: a connection that ends before is tried again by git itself.
        outgoing.write(data, () => (cut ? outgoing.destroy() : undefined))
      })
      answer.on('end', () => outgoing.end())
    })
    asking.on('error', () => outgoing.destroy())
    incoming.pipe(asking)
  }
}

import { createServer, type Server } from 'node:http'
import type { Directory } from './directory.ts'
import { answering, HttpError, sendJson } from './http-json.ts'

const MAX_WAIT_S = 10

/**
 * The loopback HTTP: `GET /ask?domain=` for Caddy's on-demand certificates (200 or 404, a look-up in a map, so that
 * handshakes with made-up names cost nothing) and `GET /hosts/<host>[?wait=<seconds>]` for the edge.
 */
export function askServer(directory: Directory, complain: (message: string) => void): Server {
  return createServer(
    answering(async (request, response, url) => {
      if (request.method !== 'GET') throw new HttpError(405, 'bad_request', 'only GET is known here')
      if (url.pathname === '/ask') {
        const known = directory.known(url.searchParams.get('domain') ?? '')
        response.writeHead(known ? 200 : 404, { 'content-length': 0 })
        response.end()
        return
      }
      const host = /^\/hosts\/([^/]{1,500})$/.exec(url.pathname)?.[1]
      if (host === undefined) throw new HttpError(404, 'not_found', `there is no ${url.pathname}`)
      const wait = Math.min(MAX_WAIT_S, Math.max(0, Number(url.searchParams.get('wait') ?? 0) || 0))
      const name = decodeHost(host)
      if (wait === 0) return sendJson(response, 200, directory.look(name))
      const gone = new AbortController()
      response.on('close', () => gone.abort())
      const timer = setTimeout(() => gone.abort(), wait * 1000)
      const state = await directory.waitFor(name, gone.signal)
      clearTimeout(timer)
      if (!response.destroyed) sendJson(response, 200, state)
    }, complain),
  )
}

function decodeHost(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HttpError(400, 'bad_request', 'the host is not percent-encoded as it should be')
  }
}

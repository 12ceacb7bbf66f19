import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { z } from 'zod'
import type { Endpoint, Params } from '../../server/contract/endpoint.ts'
import { ERROR_CODES, type ErrorCode } from '../../server/contract/errors.ts'

/** What a handler gets: parsed by the contract, so a request that the platform would refuse fails the test. */
export interface Asked<E extends Endpoint> {
  readonly params: Params<E>
  readonly query: E['query'] extends z.ZodType | undefined ? z.output<NonNullable<E['query']>> : undefined
  readonly body: E['body'] extends z.ZodType | undefined ? z.output<NonNullable<E['body']>> : undefined
  readonly token: string | undefined
  readonly lastEventId: string | undefined
}

export class Refusal extends Error {
  readonly id: ErrorCode

  constructor(id: ErrorCode, message: string) {
    super(message)
    this.id = id
  }
}

interface Route {
  readonly endpoint: Endpoint
  readonly pattern: RegExp
  readonly answer: (asked: never, response: ServerResponse) => unknown
}

/** `METHOD path body` of every request, in order; the body of an upload is a Buffer. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly token: string | undefined
}

/**
 * A platform's API without the platform: it checks requests and replies with the schemas of the contract, so it cannot
 * tell the command line anything that the real one would not.
 */
export class ApiServer implements AsyncDisposable {
  readonly calls: Call[] = []
  readonly #routes: Route[] = []
  /** Sockets that have left HTTP, which closing the server does not close. */
  readonly #upgraded = new Set<Socket>()
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response)
  })
  upgrade: (request: IncomingMessage, socket: Socket) => void = (_request, socket) => socket.destroy()

  static async start(): Promise<ApiServer> {
    const api = new ApiServer()
    api.#server.on('upgrade', (request, socket) => {
      api.#upgraded.add(socket as Socket)
      api.upgrade(request, socket as Socket)
    })
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve))
    return api
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  /** Answers an endpoint; a later answer to the same endpoint replaces an earlier one. */
  on<E extends Endpoint>(endpoint: E, answer: (asked: Asked<E>) => z.input<E['reply']>): this {
    return this.#add(endpoint, (asked: Asked<E>, response) => {
      const reply = endpoint.reply.parse(answer(asked))
      response.writeHead(endpoint.status ?? 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(reply))
    })
  }

  /** Server-sent events; an `id` of undefined sends none. Returning ends the stream, throwing cuts the connection. */
  onStream<E extends Endpoint>(
    endpoint: E,
    answer: (asked: Asked<E>) => AsyncIterable<{ id?: number; data: z.input<E['reply']> }>,
  ): this {
    return this.#add(endpoint, async (asked: Asked<E>, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': hello\n\n')
      try {
        for await (const { id, data } of answer(asked)) {
          const text = JSON.stringify(endpoint.reply.parse(data))
          response.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`)
        }
        response.end()
      } catch {
        // A cut also loses what the other side has not read yet; it is given the time to.
        await new Promise((resolve) => setTimeout(resolve, 50))
        response.destroy()
      }
    })
  }

  #add<E extends Endpoint>(
    endpoint: E,
    answer: (asked: Asked<E>, response: ServerResponse) => unknown,
  ): this {
    const pattern = new RegExp(`^/api${endpoint.path.replace(/:([a-z_]+)/g, '(?<$1>[^/]+)')}$`)
    this.#routes.unshift({ endpoint, pattern, answer })
    return this
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://api')
    const bytes = await readAll(request)
    const json = request.headers['content-type']?.includes('json') !== false
    const body: unknown = bytes.length === 0 ? undefined : json ? JSON.parse(bytes.toString('utf8')) : bytes
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    this.calls.push({ method: request.method ?? '', path: url.pathname + url.search, body, token })
    try {
      const route = this.#routes.find(
        ({ endpoint, pattern }) => endpoint.method === request.method && pattern.test(url.pathname),
      )
      if (route === undefined)
        throw new Refusal('not_found', `${request.method} ${url.pathname} is not answered by this test`)
      if (route.endpoint.access !== 'public' && token === undefined)
        throw new Refusal('unauthorized', 'A token is needed.')
      await route.answer(parse(route, url, body, token, request) as never, response)
    } catch (error) {
      const id = error instanceof Refusal ? error.id : 'internal_error'
      response.writeHead(ERROR_CODES[id].status, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          id,
          message: String(error instanceof Error ? error.message : error),
          request_id: 'r-1',
        }),
      )
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#upgraded) socket.destroy()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

function parse(route: Route, url: URL, body: unknown, token: string | undefined, request: IncomingMessage) {
  const groups = route.pattern.exec(url.pathname)?.groups ?? {}
  const { endpoint } = route
  const lastEventId = request.headers['last-event-id']
  return {
    params: Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    ),
    query: endpoint.query?.parse(Object.fromEntries(url.searchParams)),
    body: endpoint.body?.parse(body),
    token,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { AgentError } from './agent-error.ts'
import { attach } from './attach.ts'
import type { AgentContext } from './context.ts'
import { admit, dispatch, isVerb } from './dispatch.ts'

const MAX_BODY = 8 * 1024 * 1024

export interface ServeOptions {
  readonly path: string
  /** The group whose members may connect; null: only us. */
  readonly group: number | null
  /** Whether the peer of this connection may give orders. */
  allowed(socket: Socket): Promise<boolean>
  warn(message: string, error?: unknown): void
}

export interface Door {
  /** Ends every connection, those of long questions and attached runs too. */
  close(): Promise<void>
}

/** The agent's only door: HTTP over a unix socket, one `POST /v1/<verb>` per order. */
export async function serve(agent: AgentContext, options: ServeOptions): Promise<Door> {
  // Node forgets a connection once it is upgraded, and an attached run would hold the door open.
  const open = new Set<Socket>()
  const verdicts = new WeakMap<Socket, Promise<boolean>>()
  const checked = async (socket: Socket) => {
    const verdict = verdicts.get(socket) ?? options.allowed(socket)
    verdicts.set(socket, verdict)
    if (!(await verdict))
      throw new AgentError('denied', 'Only the server of this installation may give orders to its agent.')
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await checked(request.socket)
    const verb = /^\/v1\/([A-Za-z]+)$/.exec(request.url ?? '')?.[1] ?? ''
    if (request.method !== 'POST' || !isVerb(verb))
      throw new AgentError('bad_request', `This agent has no verb ${request.method} ${request.url}.`)
    const body = await readBody(request)
    if (verb === 'build') return await streamBuild(agent, body, response)
    const reply = await dispatch(agent, verb, body)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const known =
        error instanceof AgentError
          ? error
          : new AgentError('internal_error', error instanceof Error ? error.message : String(error))
      if (known.id === 'internal_error') options.warn(`${request.url} failed`, error)
      if (response.headersSent) response.destroy()
      else
        response
          .writeHead(known.status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ id: known.id, message: known.message }))
    })
  })
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    checked(socket)
      .then(() => attach(agent, request, socket))
      .catch((error: unknown) => {
        const known =
          error instanceof AgentError
            ? error
            : new AgentError('internal_error', error instanceof Error ? error.message : String(error))
        const body = JSON.stringify({ id: known.id, message: known.message })
        socket.end(
          `HTTP/1.1 ${known.status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        )
      })
  })
  server.requestTimeout = 0
  server.keepAliveTimeout = 60_000
  await listen(server, options)
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

async function listen(server: Server, { path, group }: ServeOptions): Promise<void> {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o660)
  chmodSync(folder, 0o750)
  if (group === null) return
  for (const entry of [folder, path]) chownSync(entry, 0, group)
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MAX_BODY) throw new AgentError('bad_request', `An order may have ${MAX_BODY} bytes at most.`)
    parts.push(part)
  }
  try {
    return size === 0 ? {} : JSON.parse(Buffer.concat(parts).toString())
  } catch {
    throw new AgentError('bad_request', 'The order is no JSON.')
  }
}

/** One event a line. A client that goes away does not end the build; it asks again from where it was. */
async function streamBuild(agent: AgentContext, body: unknown, response: ServerResponse): Promise<void> {
  const order = admit(agent, 'build', body)
  const events = agent.builds.order(order)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  response.flushHeaders()
  await events.follow(order.after, (event) => response.write(`${JSON.stringify(event)}\n`), gone.signal)
  response.end()
}

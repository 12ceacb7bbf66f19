import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { identify } from '../accounts/authenticate.ts'
import { authorise } from '../accounts/authorise.ts'
import { AgentError } from '../contract/nodes.ts'
import { runEndpoints } from '../contract/runs.ts'
import { DomainError } from '../domain/errors.ts'
import type { ApiDeps } from './deps.ts'
import { failureOf } from './errors.ts'
import { ownOrigins, refuseOrigin } from './request-guard.ts'

const PATH = /^\/api\/apps\/([^/?]{1,200})\/runs\/([0-9a-f-]{36})\/attach$/
const EXEC_PATH = /^\/api\/apps\/([^/?]{1,200})\/instances\/([0-9a-f-]{36})\/exec\/([0-9a-f-]{36})\/attach$/
/** How long an instance may take until there is something to attach to. */
const WAIT_MS = 60_000

/**
 * Connects a client with an attached run, or with a command inside of an instance: checks who asks, then copies bytes between the client and the node's agent
 * without looking at them. The frames are described in contract/runs.ts.
 */
export function createAttach(deps: ApiDeps, signal: AbortSignal) {
  const origins = ownOrigins(deps.config.reach)

  async function target(incoming: IncomingMessage, gone: AbortSignal) {
    const url = incoming.url ?? ''
    const inside = EXEC_PATH.exec(url)
    const [, name = '', id = '', exec = ''] = inside ?? PATH.exec(url) ?? []
    if (id === '') throw new DomainError('not_found', 'Only attached runs can be upgraded.')
    // An upgrade acts on what it reaches, so a page of others may not ask for it.
    if (refuseOrigin('POST', incoming.headers.origin, origins))
      throw new DomainError('forbidden', 'Requests from this origin are refused.')
    const nameOrId = decode(name)
    const app = authorise(
      (inside === null ? runEndpoints.create : runEndpoints.exec).access,
      await identify(deps, incoming.headers.authorization, nameOrId),
      nameOrId,
    )
    if (app === null) throw new DomainError('not_found', 'Only attached runs can be upgraded.')
    if (inside !== null) return await deps.deploy.execPath(app.id, id, exec)
    return await deps.deploy.attachPath(app.id, id, gone)
  }

  return (incoming: IncomingMessage, client: Duplex, head: Buffer): void => {
    const gone = new AbortController()
    const closed = () => gone.abort()
    client.once('close', closed)
    client.on('error', closed)
    target(incoming, AbortSignal.any([gone.signal, signal, AbortSignal.timeout(WAIT_MS)])).then(
      ({ socket, path }) => join(socket, path, client, head, signal),
      (error: unknown) => refuse(client, error, deps),
    )
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Asks the agent for the same upgrade and joins both connections, in both directions and with their ends. */
function join(socketPath: string, path: string, client: Duplex, head: Buffer, signal: AbortSignal): void {
  const asked = request({
    socketPath,
    path,
    method: 'GET',
    headers: { Connection: 'Upgrade', Upgrade: 'skypanel-run' },
  })
  const end = () => {
    asked.destroy()
    client.destroy()
  }
  signal.addEventListener('abort', end, { once: true })
  client.once('close', () => {
    signal.removeEventListener('abort', end)
    asked.destroy()
  })
  asked.once('error', (error) => respond(client, failureOf(unavailable(error), '-')))
  asked.once('response', (response) => {
    refusalOf(response).then(
      (error) => respond(client, failureOf(error, '-')),
      () => client.destroy(),
    )
  })
  asked.once('upgrade', (_response, agent: Duplex, first: Buffer) => {
    client.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: skypanel-run\r\n\r\n')
    if (first.length > 0) client.write(first)
    if (head.length > 0) agent.write(head)
    client.pipe(agent)
    agent.pipe(client)
    agent.on('error', end)
    agent.once('close', () => client.end())
    client.once('close', () => agent.destroy())
  })
  asked.end()
}

/** Why the agent did not upgrade: what it says of the instance is for the caller to know. */
async function refusalOf(response: IncomingMessage): Promise<DomainError> {
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const said = AgentError.safeParse(parse(text))
  if (said.success && (said.data.id === 'unknown_instance' || said.data.id === 'not_available'))
    return new DomainError('conflict', said.data.message)
  return unavailable(new Error(`the agent answered ${response.statusCode ?? 0}`))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const unavailable = (cause: Error) =>
  new DomainError('node_unavailable', 'The node of this run does not answer. Start the run again.', { cause })

function refuse(client: Duplex, error: unknown, deps: ApiDeps): void {
  const failure = failureOf(error, '-')
  if (failure.ours) deps.log.error({ err: error }, 'an attached run could not be joined')
  respond(client, failure)
}

function respond(client: Duplex, { status, body }: ReturnType<typeof failureOf>): void {
  if (client.destroyed || !client.writable) return
  const text = JSON.stringify({ id: body.id, message: body.message })
  client.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  )
}

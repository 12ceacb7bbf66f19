import { Agent, request, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import type { z } from 'zod'
import { AgentError, agentVerbs, type AgentVerb } from '../contract/nodes.ts'
import { DomainError } from '../domain/errors.ts'

type Verbs = typeof agentVerbs
type EventVerb = { [V in AgentVerb]: Verbs[V] extends { readonly events: true } ? V : never }[AgentVerb]
type CallVerb = Exclude<AgentVerb, EventVerb>
/** What a caller gives; the epoch is the client's. */
type Order<V extends AgentVerb> = Omit<z.input<Verbs[V]['request']>, 'epoch'>
type Reply<V extends AgentVerb> = z.output<Verbs[V]['reply']>

/** The node answered and said no. `stale_epoch`: another server leads; this one has to stop giving orders. */
export class NodeError extends Error {
  readonly id: z.infer<typeof AgentError>['id']
  constructor(verb: string, id: NodeError['id'], message: string) {
    super(message)
    this.name = `NodeError ${verb}`
    this.id = id
  }
}

export interface NodeClient extends Disposable {
  /** Errors: `DomainError` node_unavailable when the node does not answer, `NodeError` when it refuses. */
  call<V extends CallVerb>(verb: V, order: Order<V>, options?: CallOptions): Promise<Reply<V>>
  /** The verb's events as they come. Ends early with node_unavailable when the connection breaks; ask on with `after`. */
  events<V extends EventVerb>(verb: V, order: Order<V>, signal: AbortSignal): AsyncIterable<Reply<V>>
  /** The unix socket, for upgrades to an attached run. */
  readonly socket: string
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** ms without an answer; default 30,000. */
  readonly timeout?: number
}

/** The one client of a node's agent. `epoch` marks every order; the agent refuses orders of servers before it. */
export function createNodeClient(socket: string, epoch: number): NodeClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const post = (verb: AgentVerb, order: object, options: CallOptions) =>
    send(
      agent,
      socket,
      verb,
      verb === 'hello' || verb === 'observe' || verb === 'stats' || verb === 'audit'
        ? order
        : { ...order, epoch },
      options,
    )
  return {
    socket,
    async call(verb, order, options = {}) {
      const response = await post(verb, order, options)
      const text = await readAll(response, verb)
      // The schema of a verb is the one that its type was inferred from; a union of all of them is what TypeScript sees.
      return agentVerbs[verb].reply.parse(text === '' ? {} : JSON.parse(text)) as Reply<typeof verb>
    },
    async *events(verb, order, signal) {
      const response = await post(verb, order, { signal })
      const schema = agentVerbs[verb].reply
      try {
        for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
          if (line.trim() !== '') yield schema.parse(JSON.parse(line)) as Reply<typeof verb>
        }
      } catch (error) {
        throw signal.aborted ? error : unavailable(verb, error)
      } finally {
        response.destroy()
      }
      if (!response.complete) throw unavailable(verb, new Error('the connection ended in the middle'))
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

function send(
  agent: Agent,
  socket: string,
  verb: string,
  order: object,
  options: CallOptions,
): Promise<IncomingMessage> {
  const body = JSON.stringify(order)
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent,
      socketPath: socket,
      method: 'POST',
      path: `/v1/${verb}`,
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    const timer = setTimeout(
      () => outgoing.destroy(new Error('no answer in time')),
      options.timeout ?? 30_000,
    )
    outgoing.once('error', (error) => {
      clearTimeout(timer)
      reject(options.signal?.aborted === true ? error : unavailable(verb, error))
    })
    outgoing.once('response', (response) => {
      clearTimeout(timer)
      if ((response.statusCode ?? 500) < 400) return resolve(response)
      readAll(response, verb).then((text) => reject(refusal(verb, text)), reject)
    })
    outgoing.end(body)
  })
}

async function readAll(response: IncomingMessage, verb: string): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch (error) {
    throw unavailable(verb, error)
  }
  return Buffer.concat(chunks).toString()
}

function refusal(verb: string, text: string): Error {
  try {
    const { id, message } = AgentError.parse(JSON.parse(text))
    return new NodeError(verb, id, message)
  } catch (cause) {
    return new DomainError('node_unavailable', 'The node answered something that is not understood.', {
      cause,
    })
  }
}

function unavailable(verb: string, cause: unknown): DomainError {
  return new DomainError(
    'node_unavailable',
    `The node does not answer (${verb}). What was asked for is done as soon as it does.`,
    { cause },
  )
}

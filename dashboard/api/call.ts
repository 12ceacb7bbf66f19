import { type CallInput, type Endpoint, fillPath, type ReplyOf } from '../../server/contract/endpoint.ts'
import { strings } from '../strings.ts'
import { ApiFailure, failureOf, parseJson } from './failure.ts'

interface Given {
  readonly params?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly query?: unknown
}

/**
 * One request, one reply, parsed by the contract. Who asks is told by the session's cookie, which no script sees.
 * @throws ApiFailure
 */
export async function call<E extends Endpoint>(
  endpoint: E,
  input: CallInput<E>,
  signal?: AbortSignal,
): Promise<ReplyOf<E>> {
  const given: Given = input
  const response = await send(endpoint, given, signal)
  const requestId = response.headers.get('request-id')
  const text = await response.text()
  if (!response.ok) throw failureOf(response.status, requestId, text)
  const reply = endpoint.reply.safeParse(parseJson(text))
  if (!reply.success)
    throw new ApiFailure('bad_reply', strings.errors.otherVersion, response.status, requestId, reply.error)
  return reply.data as ReplyOf<E>
}

async function send(endpoint: Endpoint, given: Given, signal: AbortSignal | undefined): Promise<Response> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(isRecord(given.query) ? given.query : {}))
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      query.set(name, `${value}`)
  const search = query.size === 0 ? '' : `?${query.toString()}`
  try {
    return await fetch(`/api${fillPath(endpoint.path, given.params ?? {})}${search}`, {
      method: endpoint.method,
      credentials: 'same-origin',
      redirect: 'error',
      headers: {
        accept: 'application/json',
        ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiFailure('offline', strings.errors.offline, 0, null, error)
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

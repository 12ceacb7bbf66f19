import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios'
import { type CallInput, type Endpoint, fillPath, type ReplyOf } from '../server/contract/endpoint.ts'
import { failureOf, parseJson, unreachable } from './api-failure.ts'
import type { Target } from './credentials.ts'
import { EventParser, type ServerEvent } from './event-stream.ts'
import { CliError, EXIT } from './exit.ts'
import { isLoopback, lookupLoopback } from './loopback.ts'

interface Given {
  readonly params?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly query?: unknown
}

export interface StreamOptions {
  /** `end`: an ended stream is complete; only a broken one is resumed. `never`: it is resumed until aborted. */
  readonly complete: 'end' | 'never'
  /** Query of a resumed request; its last event's id is sent as Last-Event-ID as well. */
  readonly resume?: (lastId: string) => Record<string, unknown>
}

const TIMEOUT_MS = 60_000
/** How long an interrupted stream tries to go on: longer than a restart of the platform takes. */
const RESUME_MS = 60_000

export class ApiClient {
  readonly origin: string
  readonly token: string | undefined
  readonly #http: AxiosInstance
  readonly #signal: AbortSignal

  constructor(target: Target, version: string, signal: AbortSignal) {
    this.origin = target.origin
    this.token = target.token
    this.#signal = signal
    const agent = { lookup: lookupLoopback, keepAlive: true }
    this.#http = axios.create({
      baseURL: `${target.origin}/api`,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      headers: {
        'User-Agent': `skypanel/${version}`,
        ...(target.token === undefined ? {} : { Authorization: `Bearer ${target.token}` }),
      },
      // A token must not follow a redirect to another host.
      maxRedirects: 0,
      responseType: 'stream',
      validateStatus: () => true,
      ...(isLoopback(new URL(target.origin).hostname) ? { proxy: false as const } : {}),
    })
  }

  /** One request, one reply, parsed by the contract. Throws CliError. */
  async call<E extends Endpoint>(endpoint: E, input: CallInput<E>): Promise<ReplyOf<E>> {
    return this.#parsed(endpoint, await this.#request(endpoint, input, { timeout: TIMEOUT_MS }))
  }

  async #parsed<E extends Endpoint>(endpoint: E, response: AxiosResponse<Readable>): Promise<ReplyOf<E>> {
    const reply = endpoint.reply.safeParse(parseJson(await readText(this.origin, response.data)))
    if (!reply.success) {
      throw new CliError(
        'bad_reply',
        `${this.origin} answered ${endpoint.method} ${endpoint.path} in a way that this version does not understand.`,
        {
          hint: 'Command line and platform may differ in version: skypanel --version; skypanel status',
          exit: EXIT.ours,
          cause: reply.error,
        },
      )
    }
    return reply.data as ReplyOf<E>
  }

  /** One request whose body is a stream of bytes; it takes as long as it takes. */
  async upload<E extends Endpoint>(endpoint: E, input: CallInput<E>, bytes: Readable): Promise<ReplyOf<E>> {
    const response = await this.#request(
      endpoint,
      { ...input, body: bytes },
      { headers: { 'Content-Type': 'application/gzip' }, maxBodyLength: Number.POSITIVE_INFINITY },
    )
    return this.#parsed(endpoint, response)
  }

  /** Server-sent events, one parsed message each; a broken connection is resumed after the last one. */
  async *stream<E extends Endpoint>(
    endpoint: E,
    input: CallInput<E>,
    options: StreamOptions,
  ): AsyncGenerator<ReplyOf<E>> {
    let lastId: string | undefined
    let since: number | undefined
    let answered = false
    for (let attempt = 0; ; attempt += 1) {
      try {
        const resumed = lastId === undefined ? input : withQuery(input, options.resume?.(lastId) ?? {})
        const headers = {
          Accept: 'text/event-stream',
          ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }),
        }
        const response = await this.#request(endpoint, resumed, { headers })
        answered = true
        for await (const event of eventsOf(response.data)) {
          if (event.event === 'error') throw failureOf(this.origin, 500, event.data)
          since = undefined
          attempt = 0
          if (event.id !== undefined) lastId = event.id
          yield endpoint.reply.parse(parseJson(event.data)) as ReplyOf<E>
        }
        if (options.complete === 'end') return
      } catch (error) {
        since ??= performance.now()
        // Before the first answer a failure is the user's news, not an interruption.
        if (!isInterruption(error) || !answered) throw error
        if (performance.now() - since > RESUME_MS) throw error
      }
      await sleep(Math.min(2000, 100 * 2 ** Math.min(attempt, 10)), undefined, { signal: this.#signal })
    }
  }

  async #request(
    endpoint: Endpoint,
    given: Given,
    config: AxiosRequestConfig,
  ): Promise<AxiosResponse<Readable>> {
    let response: AxiosResponse<Readable>
    try {
      response = await this.#http.request<Readable>({
        ...config,
        method: endpoint.method,
        url: fillPath(endpoint.path, given.params ?? {}),
        params: given.query,
        // Without one it would go out as a form, which the API does not take.
        data: given.body ?? (endpoint.method === 'GET' || endpoint.method === 'DELETE' ? undefined : {}),
        signal: this.#signal,
      })
    } catch (error) {
      if (isAxiosError(error)) throw unreachable(this.origin, error.code ?? undefined, error.cause)
      throw error
    }
    if (response.status < 300) return response
    throw failureOf(this.origin, response.status, await readText(this.origin, response.data))
  }
}

const withQuery = (input: Given, query: Record<string, unknown>): Given => ({
  ...input,
  query: { ...(typeof input.query === 'object' ? input.query : {}), ...query },
})

const isInterruption = (error: unknown): boolean =>
  error instanceof CliError ? error.exit === EXIT.unavailable : error instanceof Error && 'code' in error

async function readText(origin: string, body: Readable): Promise<string> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(Buffer.from(chunk as Uint8Array))
    return Buffer.concat(chunks).toString('utf8')
  } catch (error) {
    throw unreachable(
      origin,
      error instanceof Error && 'code' in error ? String(error.code) : undefined,
      error,
    )
  }
}

async function* eventsOf(body: Readable): AsyncGenerator<ServerEvent> {
  const parser = new EventParser()
  body.setEncoding('utf8')
  for await (const text of body) yield* parser.push(String(text))
}

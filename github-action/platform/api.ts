import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { EventParser } from '../../cli/event-stream.ts'
import { type CallInput, type Endpoint, fillPath } from '../../server/contract/endpoint.ts'
import { releaseEndpoints } from '../../server/contract/releases.ts'
import { Away, Foreign, parseJson, refusalOf, Untrusted } from './answers.ts'
import { ask, isUntrusted, reasonOf, textOf } from './request.ts'
import { type Patience, patiently } from './patience.ts'
import { SeenLine } from './shapes.ts'

interface Given {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: unknown
  readonly body?: unknown
}

const TIMEOUT_MS = 30_000

/** The platform's API, for one token. Whatever is away for a moment is asked again. */
export class Api {
  readonly origin: string
  readonly #token: string
  readonly #patience: Patience

  constructor(origin: string, token: string, patience: Patience) {
    this.origin = origin
    this.#token = token
    this.#patience = patience
  }

  /**
   * One request, one reply. Only what `shape` names is read of it, so that an action of one version serves platforms of
   * another. Throws Away, Untrusted, Refused, Foreign.
   */
  async call<E extends Endpoint, Shape extends z.ZodType>(
    endpoint: E,
    input: CallInput<E>,
    shape: Shape,
  ): Promise<z.output<Shape>> {
    const text = await patiently(this.#patience, async () => {
      const answer = await this.#ask(endpoint, input, 'application/json')
      return textOf(answer).catch((error: unknown) => {
        throw new Away(reasonOf(error), error)
      })
    })
    const reply = shape.safeParse(parseJson(text))
    if (reply.success) return reply.data
    throw new Foreign(
      `its answer to ${endpoint.method} ${endpoint.path} is not one that this version understands`,
    )
  }

  /** What a build printed after line `after`, and what it goes on to print until it ends. Throws Away when cut. */
  async *buildLog(app: string, build: string, after: number): AsyncGenerator<SeenLine> {
    const input: Given = { params: { app, build }, query: { after } }
    const answer = await patiently(this.#patience, () =>
      this.#ask(releaseEndpoints.buildLog, input, 'text/event-stream'),
    )
    const parser = new EventParser()
    answer.setEncoding('utf8')
    try {
      for await (const text of answer)
        for (const event of parser.push(String(text))) {
          if (event.event === 'error') throw new Away('the log broke off')
          yield SeenLine.parse(parseJson(event.data))
        }
    } catch (error) {
      throw error instanceof Away ? error : new Away(reasonOf(error), error)
    }
  }

  async #ask(endpoint: Endpoint, given: Given, accept: string): Promise<IncomingMessage> {
    const url = new URL(`${this.origin}/api${fillPath(endpoint.path, given.params ?? {})}`)
    for (const [name, value] of Object.entries(Object(given.query ?? {})))
      url.searchParams.set(name, String(value))
    const body = given.body === undefined ? undefined : JSON.stringify(given.body)
    const answer = await ask(url, {
      method: endpoint.method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        Accept: accept,
        'User-Agent': 'skypanel-github-action',
        ...(body === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
      },
      ...(body === undefined ? {} : { body }),
      timeout: TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw isUntrusted(error) ? new Untrusted(reasonOf(error), error) : new Away(reasonOf(error), error)
    })
    const status = answer.statusCode ?? 0
    if (status < 300) return answer
    throw refusalOf(status, await textOf(answer).catch(() => ''), answer.headers.location ?? null)
  }
}

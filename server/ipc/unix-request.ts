import { request, type IncomingMessage } from 'node:http'

export interface UnixRequest {
  readonly socket: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** Milliseconds without an answer; default 10,000. Once it answers, its body may take as long as it likes. */
  readonly timeout?: number
}

/** An answer with a status of 400 or more. */
export class UnixStatusError extends Error {
  readonly status: number
  constructor(path: string, status: number, text: string) {
    super(`${path} was answered with ${status}: ${text.slice(0, 500)}`)
    this.name = 'UnixStatusError'
    this.status = status
  }
}

/** One request to another process of the platform. Resolves with the open answer; its status is below 400. */
export async function openUnix(options: UnixRequest): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const text = options.body === undefined ? undefined : JSON.stringify(options.body)
    const sent = request(
      {
        socketPath: options.socket,
        path: options.path,
        method: options.method,
        headers:
          text === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (answer) => {
        clearTimeout(timer)
        resolve(answer)
      },
    )
    const timer = setTimeout(
      () => sent.destroy(new Error(`${options.socket} does not answer`)),
      options.timeout ?? 10_000,
    )
    sent.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    sent.end(text)
  })
  const status = response.statusCode ?? 0
  if (status >= 400) throw new UnixStatusError(options.path, status, await readText(response))
  return response
}

/** The parsed JSON of an answer; undefined for an empty one. */
export async function askUnix(options: UnixRequest): Promise<unknown> {
  const text = await readText(await openUnix(options))
  return text === '' ? undefined : JSON.parse(text)
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

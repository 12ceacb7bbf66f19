import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'

const MAX_BODY = 64 * 1024 * 1024

/** What a route of our small HTTP servers answers with an error: `{id, message}`. */
export class HttpError extends Error {
  readonly status: number
  readonly id: string
  constructor(status: number, id: string, message: string) {
    super(message)
    this.status = status
    this.id = id
  }
}

/** The body as `schema` has it, or 400 telling what is wrong. */
export async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MAX_BODY) throw new HttpError(413, 'too_large', `a body may have ${MAX_BODY} bytes`)
    parts.push(part)
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    throw new HttpError(400, 'bad_request', 'the body is not JSON')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new HttpError(
    400,
    'bad_request',
    `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'invalid'}`,
  )
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

/** Runs a handler; what it throws becomes the answer. A defect answers 500 and is told to `complain`. */
export function answering(
  handle: (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void,
  complain: (message: string) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void (async () => {
      try {
        const url = new URL(request.url ?? '/', 'http://local')
        await handle(request, response, url)
      } catch (error) {
        if (response.headersSent) {
          response.destroy()
          return
        }
        if (error instanceof HttpError)
          sendJson(response, error.status, { id: error.id, message: error.message })
        else {
          complain(`${request.method ?? ''} ${request.url ?? ''}: ${String(error)}`)
          sendJson(response, 500, {
            id: 'internal_error',
            message: 'the directory failed; its log has the reason',
          })
        }
      }
    })()
  }
}

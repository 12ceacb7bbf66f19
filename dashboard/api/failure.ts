import { ErrorBody } from '../../server/contract/errors.ts'
import { strings } from '../strings.ts'

/** A request that did not succeed. `id` is the contract's code, or `offline`/`bad_reply` where no contract answered. */
export class ApiFailure extends Error {
  readonly id: string
  readonly status: number
  readonly requestId: string | null

  constructor(id: string, message: string, status: number, requestId: string | null, cause?: unknown) {
    super(message, { cause })
    this.id = id
    this.status = status
    this.requestId = requestId
  }
}

/** An answer with a status of 400 or more, in the platform's own words. Pure. */
export function failureOf(status: number, requestId: string | null, text: string): ApiFailure {
  const body = ErrorBody.safeParse(parseJson(text))
  if (!body.success) return new ApiFailure('bad_reply', strings.errors.notSkyPanel(status), status, requestId)
  const { id, message, request_id: named } = body.data
  return new ApiFailure(id, forPages(message), status, named ?? requestId)
}

/** Messages end with what to type on a command line; a page has a button for it, or no use for it. */
const forPages = (message: string) => message.replace(/ (Log in|See those there are): skypanel [a-z:]+$/, '')

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isSignedOut = (error: unknown): boolean =>
  error instanceof ApiFailure && error.id === 'unauthorized'

/** For people: what happened. Whatever is not a failure of ours is told by its own message. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const requestIdOf = (error: unknown): string | null =>
  error instanceof ApiFailure ? error.requestId : null

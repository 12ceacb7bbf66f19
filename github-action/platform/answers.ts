import { ErrorBody } from '../../server/contract/errors.ts'

/** Nobody answered, or somebody in front said that nobody is behind; it may come back. */
export class Away extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause })
    this.name = 'Away'
  }
}

/** There is no talking in safety; asking again changes nothing. */
export class Untrusted extends Error {
  constructor(reason: string, cause: unknown) {
    super(reason, { cause })
    this.name = 'Untrusted'
  }
}

/** The platform's own no, with its id (see ERROR_CODES of the contract). */
export class Refused extends Error {
  readonly id: string
  readonly request: string | null

  constructor(id: string, message: string, request: string | null) {
    super(message)
    this.name = 'Refused'
    this.id = id
    this.request = request
  }
}

/** An answer that no platform of ours gives. */
export class Foreign extends Error {
  /** Where it would send us. */
  readonly location: string | null

  constructor(message: string, location: string | null = null) {
    super(message)
    this.name = 'Foreign'
    this.location = location
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What an answer with a status of 300 or more means. */
export function refusalOf(status: number, text: string, location: string | null): Away | Refused | Foreign {
  const body = ErrorBody.safeParse(parseJson(text))
  if (status === 502 || status === 503 || status === 504 || status === 429)
    return new Away(body.success ? body.data.message : `it answered ${status}`)
  if (body.success) return new Refused(body.data.id, body.data.message, body.data.request_id ?? null)
  if (status < 400) return new Foreign(`it redirects${location === null ? '' : ` to ${location}`}`, location)
  return new Foreign(`it answered ${status}, but not as a SkyPanel platform does`)
}

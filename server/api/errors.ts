import { ERROR_CODES, type ErrorBody, type ErrorCode } from '../contract/errors.ts'
import { DomainError, isDomainError } from '../domain/errors.ts'

export interface Failure {
  readonly code: ErrorCode
  readonly status: number
  readonly body: ErrorBody
  /** Ours to mend, so it belongs into the log with its cause. */
  readonly ours: boolean
}

/** Every error becomes one of the contract's; what is not known tells the request's id and nothing else. */
export function failureOf(error: unknown, requestId: string): Failure {
  const known = isDomainError(error) ? error : fromFramework(error)
  const code: ErrorCode = known?.code ?? 'internal_error'
  const message =
    known?.message ?? 'Something failed on our side. The log of the server tells more under this request id.'
  const { status, fault } = ERROR_CODES[code]
  return { code, status, body: { id: code, message, request_id: requestId }, ours: fault === 'ours' }
}

/** What the HTTP framework refuses before anything of ours runs. */
function fromFramework(error: unknown): DomainError | null {
  if (!(error instanceof Error)) return null
  const code = 'code' in error ? error.code : undefined
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || status === 413) {
    return new DomainError('too_large', 'The body of the request is larger than 1 MB.')
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || status === 415) {
    return new DomainError('bad_request', 'Send the body as application/json.')
  }
  if (error instanceof SyntaxError || (typeof status === 'number' && status >= 400 && status < 500)) {
    return new DomainError('bad_request', `The request cannot be read: ${error.message}`)
  }
  return null
}

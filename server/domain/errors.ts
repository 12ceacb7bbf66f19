import type { ErrorCode } from '../contract/errors.ts'

/**
 * A call cannot go on, and its caller is told why. The message is for people and says what happened, to what, and
 * what to do next; it never holds a config var, a token or a password. `cause` goes to the log only.
 */
export class DomainError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DomainError'
    this.code = code
  }
}

export const isDomainError = (error: unknown, code?: ErrorCode): error is DomainError =>
  error instanceof DomainError && (code === undefined || error.code === code)

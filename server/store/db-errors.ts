import { DomainError } from '../domain/errors.ts'

/** SQLSTATE, or the system's error code where no connection came to be. */
function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

/** Whether the error is that of a unique index or constraint (of that name). */
export function isDuplicate(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false
  return (
    constraint === undefined ||
    (error instanceof Error && 'constraint' in error && error.constraint === constraint)
  )
}

const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EACCES',
  '57P01',
  '57P02',
  '57P03', // shutting down, crashed, starting up
  '53300', // too many connections
])
/** What pg says when the connection goes away under a query or none is to be had; these errors have no code. */
const AWAY_TEXT =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Cannot use a pool after/

export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== null && (AWAY.has(code) || code.startsWith('08'))) return true
  return error instanceof Error && AWAY_TEXT.test(error.message)
}

/** What a caller can do something about becomes a `DomainError`; everything else stays what it was. */
export function asDomainError(error: unknown): unknown {
  if (error instanceof DomainError) return error
  if (isUnavailable(error)) {
    return new DomainError(
      'database_unavailable',
      'The database does not answer. Nothing was lost; try it again in a moment.',
      { cause: error },
    )
  }
  const code = codeOf(error)
  if (code === '40P01' || code === '40001' || code === '55P03') {
    return new DomainError('conflict', 'Another change to the same thing was faster. Try it again.', {
      cause: error,
    })
  }
  if (code === '22021' || code === '22P05') {
    return new DomainError(
      'invalid_params',
      'The text holds a character that cannot be stored (NUL). Remove it.',
      { cause: error },
    )
  }
  return error
}

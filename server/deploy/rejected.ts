import type { ErrorCode } from '../contract/errors.ts'

/** A deployment cannot go live: an outcome that its author is told, not a fault of the platform. */
export class Rejected extends Error {
  readonly code: ErrorCode
  readonly hint: string | null
  /** The last lines that the app printed, or what `title` says. */
  readonly tail: readonly string[]
  readonly title: string
  constructor(
    code: ErrorCode,
    message: string,
    more: {
      readonly hint?: string | null
      readonly tail?: readonly string[]
      readonly title?: string
      readonly cause?: unknown
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'Rejected'
    this.code = code
    this.hint = more.hint ?? null
    this.tail = more.tail ?? []
    this.title = more.title ?? 'Its last lines:'
  }
}

/** The job belongs to another server now; whoever notices drops everything. */
export class LeaseLost extends Error {
  constructor() {
    super('another server has taken the job over')
    this.name = 'LeaseLost'
  }
}

/** A step found that nothing is left to do and has ended deployment and job itself. */
export class AlreadyDone extends Error {
  constructor() {
    super('nothing is left to do')
    this.name = 'AlreadyDone'
  }
}

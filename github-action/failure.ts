/** Why a step fails, in words for the one who reads its log: what happened, and what to do next. */
export class ActionFailure extends Error {
  readonly title: string
  readonly hint: string | null

  constructor(title: string, message: string, hint: string | null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ActionFailure'
    this.title = title
    this.hint = hint
  }

  /** Both together, as an annotation shows them. */
  get text(): string {
    return this.hint === null ? this.message : `${this.message}\n${this.hint}`
  }
}

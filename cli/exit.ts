/** Exit codes: the user's mistake, wrong usage (as commander's), nothing answers, ours (sysexits' numbers). */
export const EXIT = { ok: 0, mistake: 1, usage: 2, unavailable: 69, ours: 70, interrupted: 130 } as const

/** A failure that is told as it is, without a stack: what happened, and what to type next. */
export class CliError extends Error {
  readonly id: string
  readonly hint: string | undefined
  readonly exit: number

  constructor(id: string, message: string, rest: { hint?: string; exit?: number; cause?: unknown } = {}) {
    super(message, { cause: rest.cause })
    this.name = 'CliError'
    this.id = id
    this.hint = rest.hint
    this.exit = rest.exit ?? EXIT.mistake
  }
}

/** Ends a command with an exit code and without a word, e.g. the code of what `run` ran. */
export class Quit extends Error {
  readonly exit: number

  constructor(exit: number) {
    super(`exit ${exit}`)
    this.name = 'Quit'
    this.exit = exit
  }
}

/**
 * By name and shape: the bundle's entry and the commands that it loads each have a copy of these classes, so
 * `instanceof` would miss the other's.
 */
function isCliError(error: unknown): error is CliError {
  return error instanceof Error && error.name === 'CliError' && 'exit' in error
}

export function isQuit(error: unknown): error is Quit {
  return error instanceof Error && error.name === 'Quit' && 'exit' in error
}

const MARK = ' ▸    '

/** The lines that stderr gets for a failure, and the exit code. */
export function describeFailure(error: unknown): { text: string; exit: number } {
  if (isQuit(error)) return { text: '', exit: error.exit }
  if (isCliError(error)) {
    const lines = [
      ...error.message.split('\n'),
      ...(error.hint === undefined ? [] : ['', ...error.hint.split('\n')]),
    ]
    return { text: lines.map((line) => `${MARK}${line}`.trimEnd()).join('\n') + '\n', exit: error.exit }
  }
  // Whatever else arrives here is a fault of this program; its stack is what a report needs.
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    text: `${MARK}The command line failed, which is a fault of ours. Please report these lines.\n${stack}\n`,
    exit: EXIT.ours,
  }
}

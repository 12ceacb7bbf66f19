import type { BuildJob } from './build-job.ts'
import { parseMark, plain } from './nix-log.ts'
import { type Failure, type Limited, runLimited } from './run-limited.ts'
import { cellInput } from './secrets.ts'

export interface CellScript extends Omit<Limited, 'input' | 'onStderrLine'> {
  /** Config vars that it may read. */
  readonly env: Readonly<Record<string, string>>
  /** Redacted already. */
  readonly onLine: (line: string) => void
}

export type ScriptEnd =
  | { readonly ok: true }
  | { readonly ok: false; readonly end: Failure; readonly tail: readonly string[] }

const TAIL_LINES = 200
/** Exit status of a script that has found a secret. */
const LEAK = 65

/** Runs a script of ours that runs an app's commands. Whatever the end, no process of it stays. */
export async function runInCell(job: BuildJob, given: CellScript): Promise<ScriptEnd> {
  let leak: Failure | null = null
  const tail: string[] = []
  const onStderrLine = (raw: string) => {
    const line = job.redact(plain(raw))
    const mark = parseMark(line)
    if (mark?.type === 'leak') {
      // What a command prints in our name is believed only of a config var that it was given.
      if (Object.hasOwn(given.env, mark.name))
        leak = { ok: false, reason: 'leak', name: mark.name, file: mark.file }
      return
    }
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    given.onLine(line)
  }
  const { stopped, code } = await runLimited(job, { ...given, input: cellInput(given.env), onStderrLine })
  if (stopped === null && code === 0) return { ok: true }
  const found = code === LEAK ? leak : null
  return { ok: false, end: stopped ?? found ?? { ok: false, reason: 'failed', text: '' }, tail }
}

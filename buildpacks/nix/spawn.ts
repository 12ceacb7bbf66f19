import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface RunOptions {
  /** The complete environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Written to stdin, which is closed after it; without it stdin is empty. */
  readonly input?: string | Buffer
  /** Aborting sends SIGKILL to the whole process group; `run` still resolves only when the process has gone. */
  readonly signal?: AbortSignal
  readonly onStderrLine?: (line: string) => void
}

export interface RunResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  /** The last 64 KB. */
  readonly stderr: string
}

const STDERR_KEPT = 65_536

/**
 * Runs an argv in a process group of its own and resolves with how it ended; rejects only if it could not be started.
 * The one place of the build engine that makes processes.
 */
export function run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const [program, ...args] = argv
  if (program === undefined) throw new Error('run: an empty argv has no program')
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const killGroup = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // The group has ended by itself: that is what the caller wants.
      }
    }
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    createInterface({ input: child.stderr, crlfDelay: Infinity }).on('line', (line) => {
      stderr = `${stderr}${line}\n`.slice(-STDERR_KEPT)
      options.onStderrLine?.(line)
    })
    // A process that ends before it has read its input must not end ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input)
    child.on('error', (error) => {
      options.signal?.removeEventListener('abort', killGroup)
      reject(new Error(`Could not start ${program}: ${error.message}`, { cause: error }))
    })
    child.on('close', (code, signal) => {
      options.signal?.removeEventListener('abort', killGroup)
      resolve({ code, signal, stdout, stderr })
    })
    if (options.signal?.aborted === true) killGroup()
    else options.signal?.addEventListener('abort', killGroup)
  })
}

/** As `run`, but an exit status other than 0 is an error that names the program and its last lines. */
export async function runOrThrow(
  argv: readonly string[],
  options: RunOptions,
  doing: string,
): Promise<string> {
  const result = await run(argv, options)
  if (result.code === 0) return result.stdout
  const last = result.stderr.trim().split('\n').slice(-15).join('\n')
  throw new Error(`${doing} failed (${result.signal ?? `exit ${result.code}`}):\n${last}`)
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'

/**
 * The only place of the runtime where processes are made. argv arrays only, never a shell; the environment is the one
 * that is given, so nothing of ours leaks into a child by accident.
 */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string | Buffer
  readonly signal?: AbortSignal
  /** Called with each piece of output as it comes; it is returned as well. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void
}

export interface RunResult {
  /** The exit code; 128 + n after signal n, 127 when the program was not found. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const DEFAULT_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }

/** Runs argv to its end. A non-zero exit is a result, not an exception. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...args] = argv
  if (program === undefined) throw new Error('run: empty argv')
  const child = spawn(program, args, {
    env: { ...(options.env ?? DEFAULT_ENV) },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const texts = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8')
    child[stream].on('data', (text: string) => {
      texts[stream] += text
      options.onOutput?.(stream, text)
    })
  }
  // A child that ends without reading its input is no error of ours.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        texts.stderr += `${program}: not found`
        resolve(127)
      } else reject(error)
    })
    child.on('close', (exit, signal) => resolve(exit ?? 128 + (signal === 'SIGTERM' ? 15 : 9)))
  })
  return { code, ...texts }
}

/** Runs argv and throws with the last line of its complaint unless it exits with 0. Resolves with its stdout. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options)
  if (result.code !== 0) {
    const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-3).join(' | ')
    throw new Error(`${argv.slice(0, 3).join(' ')} failed (${result.code})${said === '' ? '' : `: ${said}`}`)
  }
  return result.stdout
}

/** Starts a process of its own session whose output goes to a file; it outlives us. */
export async function spawnDetached(
  argv: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly cwd?: string
    readonly output: string
  },
): Promise<ChildProcess> {
  const [program, ...args] = argv
  if (program === undefined) throw new Error('spawnDetached: empty argv')
  const output = openSync(options.output, 'a', 0o640)
  try {
    const child = spawn(program, args, {
      detached: true,
      env: { ...(options.env ?? DEFAULT_ENV) },
      stdio: ['ignore', output, output],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    await once(child, 'spawn')
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}

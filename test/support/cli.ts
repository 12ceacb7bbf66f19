import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

export interface Done {
  /** 128 + n when a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Called with everything that stdout has so far, whenever it grows. */
  /** Aborting kills the program, e.g. when a test is over before it is. */
  readonly signal?: AbortSignal
  readonly onStdout?: (
    text: string,
    child: { kill(signal: NodeJS.Signals): void; write(text: string): void },
  ) => void
}

/** ms that a program may take: less than a test may, so that a hang is told by what it had said. */
const MOST = 280_000

/** Runs a program with exactly this environment and keeps what it prints. Rejects when it takes too long. */
export function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: 'pipe',
    })
    let stdout = ''
    let stderr = ''
    const handle = {
      kill: (signal: NodeJS.Signals) => void child.kill(signal),
      write: (text: string) => void child.stdin.write(text),
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      options.onStdout?.(stdout, handle)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    // The program may end without reading its input.
    child.stdin.on('error', () => undefined)
    if (options.input !== undefined) child.stdin.end(options.input)
    else if (options.onStdout === undefined) child.stdin.end()
    const kill = () => child.kill('SIGKILL')
    const late = setTimeout(() => {
      kill()
      reject(new Error(`${argv.join(' ')} did not end within ${MOST} ms; it had said:\n${stdout}${stderr}`))
    }, MOST)
    options.signal?.addEventListener('abort', kill, { once: true })
    child.on('error', (error) => {
      clearTimeout(late)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(late)
      options.signal?.removeEventListener('abort', kill)
      resolve({ code: code ?? 128, stdout, stderr })
    })
  })
}

/** A home folder of its own, the bundled command line, and nothing of the machine's environment but PATH. */
export class CliBench implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'skypanel-cli-'))
  readonly #over = new AbortController()
  readonly script: string
  readonly env: Readonly<Record<string, string>>

  /** `script`: the command line to run, a bundle or `cli/skypanel.cjs`. */
  constructor(script: string, env: Readonly<Record<string, string>> = {}) {
    this.script = script
    this.env = {
      HOME: this.folder,
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Test',
      GIT_AUTHOR_EMAIL: 'test@example.com',
      GIT_COMMITTER_NAME: 'Test',
      GIT_COMMITTER_EMAIL: 'test@example.com',
      ...env,
    }
  }

  get credentials(): string {
    return join(this.folder, '.config', 'skypanel', 'credentials.json')
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Done> {
    return runProgram([process.execPath, this.script, ...args], this.#with(options))
  }

  git(args: readonly string[], options: RunOptions = {}): Promise<Done> {
    return runProgram(['git', ...args], this.#with(options))
  }

  /** On a terminal of its own (util-linux' `script`); stdout and stderr arrive together, as people see them. */
  runOnTerminal(args: readonly string[], options: RunOptions = {}): Promise<Done> {
    const line = [process.execPath, this.script, ...args]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ')
    return runProgram(
      ['script', '-qec', `stty rows 24 cols 80; ${line}`, '/dev/null'],
      this.#with({ ...options, env: { TERM: 'xterm', ...options.env } }),
    )
  }

  #with(options: RunOptions): RunOptions {
    return { cwd: this.folder, signal: this.#over.signal, ...options, env: { ...this.env, ...options.env } }
  }

  [Symbol.dispose](): void {
    this.#over.abort()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Bundles the command line as it is now into a folder below `into`; returns the script. */
export async function bundleInto(into: string): Promise<string> {
  const { bundleCli } = await import('../../cli/bundle.mjs')
  return bundleCli({ outdir: into })
}

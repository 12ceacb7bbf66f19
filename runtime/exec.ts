import { type ChildProcess, type SpawnOptions, spawn as spawnProcess } from 'node:child_process'

/** Programs of ours and of the system get exactly this and what the caller adds; nothing is inherited. */
export const CLEAN_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
}

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
  /** Milliseconds until it is killed. Default 60,000. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

export interface Ran {
  /** null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that could not be started, or that ended with another status than 0. */
export class ExecError extends Error {
  readonly argv: readonly string[]
  readonly code: number | null
  readonly stderr: string
  constructor(argv: readonly string[], code: number | null, stderr: string) {
    super(
      `${argv.slice(0, 3).join(' ')} … ${code === null ? 'was killed or could not be started' : `ended with status ${code}`}: ${stderr.trim().slice(-2000)}`,
    )
    this.name = 'ExecError'
    this.argv = argv
    this.code = code
    this.stderr = stderr
  }
}

/** Runs a program to its end and tells what it said; any exit status is an answer. Rejects only if it cannot start. */
export async function tryRun(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program, ...rest] = argv
  if (program === undefined) throw new ExecError(argv, null, 'empty argv')
  const child = spawnProcess(program, rest, {
    ...identity(options),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    env: { ...CLEAN_ENV, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeout ?? 60_000,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => stdout.push(data))
  child.stderr.on('data', (data: Buffer) => stderr.push(data))
  // A program that ends without reading its input is no error of ours.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  return await new Promise<Ran>((resolve, reject) => {
    child.once('error', (error) => reject(new ExecError(argv, null, error.message)))
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    )
  })
}

/** As `tryRun`, but any status except 0 is an `ExecError`. Resolves with stdout. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await tryRun(argv, options)
  if (ran.code !== 0) throw new ExecError(argv, ran.code, ran.stderr || ran.stdout)
  return ran.stdout
}

/** A program that goes on. */
export type RunningProcess = ChildProcess

export interface SpawnRequest {
  readonly argv: readonly string[]
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly stdio: SpawnOptions['stdio']
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
  /** In a session of its own: it lives on when we are killed. */
  readonly detached?: boolean
}

/** Starts a program that goes on. Resolves once it runs; rejects if it cannot be started. */
export async function start(request: SpawnRequest): Promise<ChildProcess> {
  const [program, ...rest] = request.argv
  if (program === undefined) throw new ExecError(request.argv, null, 'empty argv')
  const child = spawnProcess(program, rest, {
    ...identity(request),
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    env: { ...request.env },
    stdio: request.stdio ?? 'ignore',
    detached: request.detached ?? false,
  })
  if (request.detached === true) child.unref()
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(new ExecError(request.argv, null, error.message)))
  })
  return child
}

function identity(options: { readonly uid?: number; readonly gid?: number }): { uid?: number; gid?: number } {
  return {
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  }
}

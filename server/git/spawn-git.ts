import { spawn, type ChildProcess } from 'node:child_process'

/** git and tar see this and what a caller adds, nothing of the server's own environment and no configuration of the machine. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
} as const

export interface GitResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs git to its end. A git that cannot be started at all rejects; one that fails has a code other than 0. */
export function runGit(
  args: readonly string[],
  options: { readonly input?: string; readonly signal?: AbortSignal } = {},
): Promise<GitResult> {
  return collect(
    spawn('git', args, { env: ENVIRONMENT, cwd: '/', signal: options.signal, stdio: 'pipe' }),
    options.input,
  )
}

/**
 * One of git's own stateless halves of a fetch or push. It leads a process group of its own: it is ended as a whole, and
 * a signal to the server's group does not reach a push whose build goes on.
 */
export function spawnTransport(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn('git', args, { env: { ...ENVIRONMENT, ...env }, cwd: '/', detached: true, stdio: 'pipe' })
}

export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A fetch from elsewhere, with the program that speaks to it; both end with `signal`. */
export async function runFetch(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<GitResult> {
  const child = spawnTransport(args, env)
  const end = () => signalGroup(child, 'SIGKILL')
  signal.addEventListener('abort', end, { once: true })
  try {
    if (signal.aborted) end()
    return await collect(child)
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** `git archive <commit> | tar -x` into an existing folder. */
export async function archiveInto(repo: string, commit: string, folder: string): Promise<GitResult> {
  const archive = spawn('git', ['-C', repo, 'archive', '--format=tar', commit], {
    env: ENVIRONMENT,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const tar = spawn('tar', ['-x', '-f', '-', '-C', folder, '--no-same-owner', '--no-overwrite-dir'], {
    env: ENVIRONMENT,
    cwd: '/',
    stdio: [archive.stdout, 'ignore', 'pipe'],
  })
  // The pipe is the children's alone: held open here, a tar that died would leave git waiting for ever.
  archive.stdout.destroy()
  const [made, taken] = await Promise.all([collect(archive), collect(tar)])
  if (made.code !== 0 && made.stderr !== '') return made
  return taken.code !== 0 ? taken : made
}

function collect(child: ChildProcess, input?: string): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-10_000)))
    // A child that ended before it read its input is told by its exit code.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input ?? '')
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
  })
}

import { spawn } from 'node:child_process'

export interface Finished {
  /** 127 when the program does not exist, as a shell would say. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end and keeps what it prints. Never fails by itself: the caller decides on the code. */
export function capture(
  argv: readonly [string, ...string[]],
  options: { cwd?: string } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
  })
}

/** Starts a program that outlives this one (a browser); resolves whether it could be started. */
export function launch(argv: readonly [string, ...string[]]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), { stdio: 'ignore', detached: true })
    child.on('error', () => resolve(false))
    child.on('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

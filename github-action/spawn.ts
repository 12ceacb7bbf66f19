import { spawn } from 'node:child_process'

export interface Finished {
  /** 127 when the program does not exist, 128 when a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. Never fails by itself: the caller decides on the code. */
export function run(
  argv: readonly [string, ...string[]],
  options: {
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
    readonly onStderr?: (text: string) => void
  },
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (options.onStderr === undefined) stderr += text
      else options.onStderr(text)
    })
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }))
  })
}

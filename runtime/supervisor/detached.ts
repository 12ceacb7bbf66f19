import { closeSync, openSync } from 'node:fs'
import { start } from '../exec.ts'

/** Starts a process in a session of its own that appends its output to a file; it outlives us. */
export async function startDetached(
  argv: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>
    readonly output: string
    /** Handed down as file descriptors 3, 4, … */
    readonly fds?: readonly number[]
  },
): ReturnType<typeof start> {
  const output = openSync(options.output, 'a', 0o640)
  try {
    return await start({
      argv,
      env: options.env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output, ...(options.fds ?? [])],
    })
  } finally {
    closeSync(output)
  }
}

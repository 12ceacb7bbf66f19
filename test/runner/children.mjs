import { spawn } from 'node:child_process'

/** ms that a child has to end by itself once the run was interrupted. */
const GRACE = 10_000
/** ms until a child that ended is not waited for any longer by who reads its output. */
const LATE_OUTPUT = 2_000

const children = new Set()
let ended = false

/** Whether somebody wants the run to end. */
export const isInterrupted = () => ended

/**
 * Runs argv in a process group of its own, so that what it started ends with it. Resolves with the exit code and, when
 * it is kept, stdout.
 *
 * @param tell is called with what it prints
 * @param whole what it leaves running is ended as well
 */
export function run(argv, { cwd, env = {}, keep = false, whole = false, tell }) {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd,
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    children.add(child)
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (keep ? (stdout += text) : tell(text)))
    child.stderr.setEncoding('utf8').on('data', tell)
    child.on('error', (error) => {
      tell(`${argv[0]}: ${error.message}\n`)
      children.delete(child)
      resolve({ code: 127, stdout })
    })
    const over = (code) => {
      children.delete(child)
      if (whole) signalGroup(child, 'SIGKILL')
      resolve({ code: code ?? 1, stdout })
    }
    child.on('close', over)
    // What it left running in the background may hold its output open.
    child.on('exit', (code) => setTimeout(over, LATE_OUTPUT, code).unref())
  })
}

function signalGroup({ pid }, name) {
  try {
    process.kill(-pid, name)
  } catch {
    // It has ended.
  }
}

/** Ends what runs when the run is told to end; what is started afterwards cleans up and is left alone. */
export function endOnSignals() {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      if (ended) return
      ended = true
      const those = [...children]
      for (const child of those) signalGroup(child, 'SIGTERM')
      setTimeout(() => {
        for (const child of those) if (children.has(child)) signalGroup(child, 'SIGKILL')
      }, GRACE).unref()
    })
  }
}

import { access, copyFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDetached } from './detached.ts'
import { nextDelay } from './backoff.ts'
import { isAlive, MARK, markFor, statOf, type ProcessId } from './proc.ts'
import { fingerprint, type Process } from './process.ts'

/** How often a process is looked at that an earlier supervisor started: it is not our child, so nothing tells us. */
const WATCH_INTERVAL = 200
const NEEDS_INTERVAL = 2000
export const LARGEST_LOG = 10 * 1024 * 1024

export type ChildState =
  | { readonly state: 'running'; readonly id: ProcessId; readonly since: number }
  | { readonly state: 'waiting'; readonly until: number; readonly reason: string }
  | { readonly state: 'stopped'; readonly reason: string }

export interface ChildContext {
  readonly installation: string
  readonly logs: string
  readonly log: (text: string) => void
  /** The DNS socket to hand down, or null when another process holds it now. */
  readonly dnsSocket: () => Promise<number | null>
}

/** argv with the user, capabilities and priority that the process is to have; setpriv and nice leave no process behind. */
export function launchArgv(process: Process): string[] {
  const nice = process.nice === 0 ? [] : ['nice', '-n', String(process.nice), 'ionice', '-c', '3']
  if (process.user === null) return [...nice, ...process.argv]
  const capabilities = process.capabilities.map((name) => `+${name}`).join(',')
  return [
    ...nice,
    'setpriv',
    `--reuid=${process.user}`,
    `--regid=${process.user}`,
    '--init-groups',
    '--no-new-privs',
    ...(capabilities === ''
      ? ['--inh-caps=-all']
      : [`--inh-caps=-all,${capabilities}`, `--ambient-caps=${capabilities}`]),
    '--',
    ...process.argv,
  ]
}

/** Keeps one process running until told to stop. */
export class Child {
  process: Process
  state: ChildState = { state: 'stopped', reason: 'not started' }
  restarts = 0
  #wanted = false
  #failures = 0
  #wake: AbortController | null = null
  #loop: Promise<void> = Promise.resolve()
  readonly #context: ChildContext

  constructor(process: Process, context: ChildContext) {
    this.process = process
    this.#context = context
  }

  /** Takes over a process that an earlier supervisor started. */
  adopt(id: ProcessId, now: number): void {
    this.#wanted = true
    this.state = { state: 'running', id, since: now }
    this.#loop = this.#keep(this.#watch(id), now)
  }

  start(): void {
    if (this.#wanted) {
      this.#wake?.abort()
      return
    }
    this.#wanted = true
    this.#failures = 0
    this.state = { state: 'waiting', until: Date.now(), reason: 'is being started' }
    this.#loop = this.#keep(null, Date.now())
  }

  /** Resolves when the process is gone. */
  async stop(reason: string): Promise<void> {
    this.#wanted = false
    this.#wake?.abort()
    if (this.state.state === 'running') {
      const { id } = this.state
      signal(id.pid, this.process.stopSignal)
      const deadline = Date.now() + this.process.stopSeconds * 1000
      while (await isAlive(id)) {
        // The whole session: nothing that the process left behind may hold its ports.
        if (Date.now() > deadline) signal(-id.pid, 'SIGKILL')
        await sleep(20)
      }
      // A job's own children have nobody to end them: a compiler would go on for minutes.
      if (this.process.restart === 'once') signal(-id.pid, 'SIGKILL')
    }
    await this.#loop
    this.state = { state: 'stopped', reason }
  }

  async #keep(adopted: Promise<string> | null, since: number): Promise<void> {
    let ended = adopted
    let started = since
    while (this.#wanted) {
      if (ended === null) {
        await this.#whenNeeded()
        if (!this.#wanted) return
        started = Date.now()
        ended = (await this.#spawn(started)).ended
      }
      const reason = await ended
      ended = null
      if (!this.#wanted) return
      if (this.process.restart === 'once') {
        this.#wanted = false
        this.state = { state: 'stopped', reason }
        this.#context.log(`${this.process.name}: ${reason}`)
        return
      }
      const { delay, failures } = nextDelay(this.#failures, Date.now() - started)
      this.#failures = failures
      this.restarts += 1
      this.state = { state: 'waiting', until: Date.now() + delay, reason }
      this.#context.log(`${this.process.name}: ${reason}; again in ${delay} ms`)
      this.#wake = new AbortController()
      await sleep(delay, undefined, { signal: this.#wake.signal }).catch(() => undefined)
      this.#wake = null
    }
  }

  /** A process whose program is still being made waits for it, without counting as failed. */
  async #whenNeeded(): Promise<void> {
    const { needs } = this.process
    while (this.#wanted && needs !== null && !(await exists(needs))) {
      this.state = {
        state: 'waiting',
        until: Date.now() + NEEDS_INTERVAL,
        reason: `${needs} is not there yet`,
      }
      this.#wake = new AbortController()
      await sleep(NEEDS_INTERVAL, undefined, { signal: this.#wake.signal }).catch(() => undefined)
      this.#wake = null
    }
  }

  /** Resolves once it runs (or could not be started), with what tells the reason of its end. */
  async #spawn(now: number): Promise<{ readonly ended: Promise<string> }> {
    const wanted = this.process
    const output = join(this.#context.logs, `${wanted.name}.log`)
    try {
      await capLog(output)
      const socket = wanted.dnsSocket ? await this.#context.dnsSocket() : null
      const { SKYPANEL_DNS_FD: _, ...withoutSocket } = wanted.env
      const child = await startDetached(launchArgv(wanted), {
        output,
        fds: socket === null ? [] : [socket],
        env: {
          ...(socket === null ? withoutSocket : wanted.env),
          [MARK]: markFor(this.#context.installation, wanted.name, fingerprint(wanted)),
        },
      })
      const pid = child.pid ?? 0
      const exited = new Promise<string>((resolve) => {
        child.once('exit', (code, name) =>
          resolve(name === null ? `exited with ${code ?? 0}` : `killed by ${name}`),
        )
      })
      this.state = { state: 'running', id: { pid, start: (await statOf(pid))?.start ?? '' }, since: now }
      // Stop may have come while we were starting.
      if (!this.#wanted) signal(pid, 'SIGKILL')
      return { ended: exited }
    } catch (error) {
      return {
        ended: Promise.resolve(`did not start: ${error instanceof Error ? error.message : String(error)}`),
      }
    }
  }

  async #watch(id: ProcessId): Promise<string> {
    while (await isAlive(id)) await sleep(WATCH_INTERVAL)
    return 'ended'
  }
}

const exists = async (path: string) =>
  await access(path).then(
    () => true,
    () => false,
  )

/** Truncated in place: the process has the file open, and appends. */
export async function capLog(path: string): Promise<void> {
  const size = (await stat(path).catch(() => null))?.size ?? 0
  if (size <= LARGEST_LOG) return
  await copyFile(path, `${path}.1`)
  await truncate(path)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

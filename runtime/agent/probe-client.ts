import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { UserIds } from '../config.ts'
import { CLEAN_ENV, type RunningProcess, start } from '../exec.ts'
import { type Target, untilReady } from './probe.ts'

export interface Prober {
  /** Something will be watched soon: be there by then. */
  warm(): void
  /** Calls `ready` once, unless it is cancelled first. */
  watch(id: string, target: Target, ready: () => void): void
  cancel(id: string): void
  close(): void
}

/** In this process: for the fake driver, whose apps are we ourselves. */
export function localProber(): Prober {
  const watched = new Map<string, AbortController>()
  return {
    watch(id, target, ready) {
      const controller = new AbortController()
      watched.set(id, controller)
      void untilReady(target, controller.signal).then((yes) => (yes ? ready() : undefined))
    },
    warm: () => undefined,
    cancel: (id) => watched.get(id)?.abort(),
    close: () => watched.forEach((controller) => controller.abort()),
  }
}

const Said = z.object({ ready: z.string() })
const IDLE_MS = 60_000

/** argv of a program of ours that stands beside this file, compiled or (in development) as its source. */
function programBeside(name: string): string[] {
  const source = import.meta.url.endsWith('.ts')
  const path = fileURLToPath(new URL(`./${name}.${source ? 'ts' : 'js'}`, import.meta.url))
  return [process.execPath, '--max-old-space-size=32', ...(source ? ['--import', 'tsx'] : []), path]
}

/** In a process of its own that is not root, there only while something is watched. */
export function separateProber(user: UserIds, failed: (error: unknown) => void): Prober {
  const watched = new Map<string, { target: Target; ready: () => void }>()
  let child: Promise<RunningProcess> | null = null
  let idle: NodeJS.Timeout | undefined

  async function launch(): Promise<RunningProcess> {
    const started = await start({
      argv: programBeside('prober'),
      env: CLEAN_ENV,
      stdio: ['pipe', 'pipe', 'ignore'],
      ...user,
    })
    const gone = () => {
      child = null
      // Killed by whomever: those who still wait get a new one.
      if (watched.size > 0) for (const [id, { target }] of watched) send({ watch: id, ...target })
    }
    started.once('exit', gone)
    started.stdin?.on('error', () => undefined)
    if (started.stdout !== null) createInterface({ input: started.stdout }).on('line', hear)
    return started
  }

  function hear(line: string): void {
    const { ready: id } = Said.parse(JSON.parse(line))
    const found = watched.get(id)
    forget(id)
    found?.ready()
  }

  function send(order: object): void {
    clearTimeout(idle)
    child ??= launch()
    child.then(
      (process) => process.stdin?.write(`${JSON.stringify(order)}\n`),
      (error: unknown) => {
        child = null
        failed(error)
      },
    )
  }

  function forget(id: string): void {
    watched.delete(id)
    if (watched.size === 0) idle = setTimeout(close, IDLE_MS).unref()
  }

  function close(): void {
    const running = child
    child = null
    void running?.then((process) => process.stdin?.end()).catch(() => undefined)
  }

  return {
    warm() {
      clearTimeout(idle)
      child ??= launch()
      child.catch(() => (child = null))
      if (watched.size === 0) idle = setTimeout(close, IDLE_MS).unref()
    },
    watch(id, target, ready) {
      watched.set(id, { target, ready })
      send({ watch: id, ...target })
    },
    cancel(id) {
      if (!watched.has(id)) return
      forget(id)
      if (child !== null) send({ cancel: id })
    },
    close() {
      watched.clear()
      close()
    },
  }
}

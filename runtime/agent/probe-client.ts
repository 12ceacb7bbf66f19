import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { UserIds } from '../config.ts'
import { CLEAN_ENV, type RunningProcess, start } from '../exec.ts'
import { keepAsking, type Pace, type Target, untilReady } from './probe.ts'

/** Hears of each change of a check; `why`: what is wrong. */
export type Changed = (ok: boolean, why: string) => void

export interface Prober {
  /** Something will be watched soon: be there by then. */
  warm(): void
  /** Calls `ready` once, unless it is cancelled first. */
  watch(id: string, target: Target, ready: () => void): void
  /** Asks again and again until cancelled. `ok`: what counts until the answers say otherwise. */
  check(id: string, target: Target, pace: Pace, ok: boolean, changed: Changed): void
  cancel(id: string): void
  close(): void
}

/** In this process: for the fake driver, whose apps are we ourselves. */
export function localProber(): Prober {
  const asked = new Map<string, AbortController>()
  const begin = (id: string) => {
    asked.get(id)?.abort()
    const controller = new AbortController()
    asked.set(id, controller)
    return controller.signal
  }
  return {
    watch(id, target, ready) {
      void untilReady(target, begin(id)).then((yes) => (yes ? ready() : undefined))
    },
    check(id, target, pace, ok, changed) {
      void keepAsking(target, pace, ok, begin(id), changed)
    },
    warm: () => undefined,
    cancel(id) {
      asked.get(id)?.abort()
      asked.delete(id)
    },
    close: () => asked.forEach((controller) => controller.abort()),
  }
}

const Said = z.union([
  z.object({ ready: z.string() }),
  z.object({ check: z.string(), ok: z.boolean(), why: z.string() }),
])
/** What is asked of the child, and who is told. */
type Asked =
  | { readonly target: Target; readonly ready: () => void }
  | { readonly target: Target; readonly pace: Pace; ok: boolean; readonly changed: Changed }

const orderOf = (id: string, one: Asked) =>
  'ready' in one
    ? { watch: id, target: one.target }
    : { check: id, target: one.target, pace: one.pace, ok: one.ok }

const IDLE_MS = 60_000

/** argv of a program of ours that stands beside this file, compiled or (in development) as its source. */
function programBeside(name: string): string[] {
  const source = import.meta.url.endsWith('.ts')
  const path = fileURLToPath(new URL(`./${name}.${source ? 'ts' : 'js'}`, import.meta.url))
  return [process.execPath, '--max-old-space-size=32', ...(source ? ['--import', 'tsx'] : []), path]
}

/** In a process of its own that is not root, there only while something is watched. */
export function separateProber(user: UserIds, failed: (error: unknown) => void): Prober {
  const watched = new Map<string, Asked>()
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
      for (const [id, one] of watched) send(orderOf(id, one))
    }
    started.once('exit', gone)
    started.stdin?.on('error', () => undefined)
    if (started.stdout !== null) createInterface({ input: started.stdout }).on('line', hear)
    return started
  }

  function hear(line: string): void {
    const said = Said.parse(JSON.parse(line))
    const id = 'ready' in said ? said.ready : said.check
    const found = watched.get(id)
    if (found === undefined) return
    if ('ready' in said) {
      forget(id)
      if ('ready' in found) found.ready()
    } else if ('changed' in found) {
      // A child that takes over goes on from here.
      found.ok = said.ok
      found.changed(said.ok, said.why)
    }
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

  function add(id: string, one: Asked): void {
    watched.set(id, one)
    send(orderOf(id, one))
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
    watch: (id, target, ready) => add(id, { target, ready }),
    check: (id, target, pace, ok, changed) => add(id, { target, pace, ok, changed }),
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

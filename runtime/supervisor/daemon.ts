import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { planChanges, stopOrder } from './changes.ts'
import { Child, capLog, type ChildContext } from './child.ts'
import { holdDnsSocket, type HeldSocket } from './dns-socket.ts'
import { findMarked, isAlive, type ProcessId } from './proc.ts'
import { fingerprint, isReady, ProcessName, type Process } from './process.ts'
import type { ProcessStatus } from './supervision.ts'

/** How long a replaced process may take until the next rank follows regardless. */
const READY_WITHIN = 15_000

/** The supervisor of a machine without systemd. It holds no state: what runs is what it finds. */
export class Daemon {
  readonly #children = new Map<ProcessName, Child>()
  readonly #context: ChildContext
  readonly #dnsPort: number
  #dns: HeldSocket | null = null
  #found = new Map<string, ProcessId & { readonly fingerprint: string }>()
  readonly #fingerprints = new Map<ProcessName, string>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: {
    installation: string
    logs: string
    dnsPort: number
    dns: HeldSocket | null
    log: (text: string) => void
  }) {
    this.#dnsPort = options.dnsPort
    this.#dns = options.dns
    this.#context = {
      installation: options.installation,
      logs: options.logs,
      log: options.log,
      dnsSocket: async () => {
        this.#dns ??= await holdDnsSocket({ port: this.#dnsPort })
        return this.#dns?.fd ?? null
      },
    }
  }

  get dnsFd(): number | null {
    return this.#dns?.fd ?? null
  }

  /** One change at a time; two of them at once would start twins. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return await result
  }

  /** Takes over what an earlier supervisor started, as far as the table that it was given last describes it. */
  async findRunning(last: readonly Process[]): Promise<void> {
    const marked = await findMarked(this.#context.installation)
    this.#found = new Map(marked.map((process) => [process.name, process]))
    this.#adoptAll(last)
  }

  #adoptAll(table: readonly Process[]): void {
    for (const name of this.#found.keys()) {
      const known = ProcessName.safeParse(name)
      if (known.success && !this.#children.has(known.data)) this.#adopt(known.data, table)
    }
  }

  async apply(table: readonly Process[], exact: boolean): Promise<void> {
    this.#adoptAll(table)
    const now = [...this.#children.values()].filter((child) => child.state.state !== 'stopped')
    const changes = planChanges(
      table,
      now.map((child) => ({
        name: child.process.name,
        fingerprint: this.#fingerprints.get(child.process.name) ?? '',
      })),
    )
    if (exact)
      await Promise.all(
        changes.stop.map(
          async (name) => await this.#children.get(name)?.stop('no longer part of the platform'),
        ),
      )
    for (const process of changes.start) this.#start(process)
    for (const rank of changes.replace) {
      await Promise.all(
        rank.map(async (process) => {
          await this.#children.get(process.name)?.stop('replaced')
          this.#start(process)
          const deadline = Date.now() + READY_WITHIN
          while (!(await isReady(process.ready)) && Date.now() < deadline) await sleep(30)
        }),
      )
    }
  }

  #adopt(name: ProcessName, table: readonly Process[]): void {
    const found = this.#found.get(name)
    const described = table.find((process) => process.name === name)
    if (found === undefined || described === undefined) return
    const child = new Child(described, this.#context)
    child.adopt(found, Date.now())
    this.#children.set(name, child)
    this.#fingerprints.set(name, found.fingerprint)
    this.#found.delete(name)
    this.#context.log(`${name}: found running as ${found.pid}`)
  }

  #start(process: Process): void {
    const child = this.#children.get(process.name) ?? new Child(process, this.#context)
    child.process = process
    this.#children.set(process.name, child)
    this.#fingerprints.set(process.name, fingerprint(process))
    child.start()
  }

  status(): ProcessStatus[] {
    return [...this.#children.values()].map(({ process, state, restarts }) => ({
      name: process.name,
      state: state.state,
      pid: state.state === 'running' ? state.id.pid : null,
      restarts,
      reason: state.state === 'running' ? '' : state.reason,
    }))
  }

  async stop(names: readonly ProcessName[]): Promise<void> {
    const chosen = [...this.#children.values()].filter((child) => names.includes(child.process.name))
    for (const rank of stopOrder(chosen.map((child) => ({ rank: child.process.rank, child })))) {
      await Promise.all(rank.map(async ({ child }) => await child.stop('stopped')))
    }
  }

  async restart(names: readonly ProcessName[]): Promise<void> {
    await this.stop(names)
    for (const name of names) this.#children.get(name)?.start()
  }

  async stopAll(): Promise<void> {
    // What an earlier supervisor started and no table has named since is ours all the same.
    for (const [name, found] of this.#found) {
      const known = ProcessName.safeParse(name)
      if (known.success && !this.#children.has(known.data)) await stopUnnamed(found, this.#context.log)
    }
    await this.stop([...this.#children.keys()])
  }

  async capLogs(): Promise<void> {
    for (const name of this.#children.keys()) await capLog(join(this.#context.logs, `${name}.log`))
  }
}

async function stopUnnamed(id: ProcessId, log: (text: string) => void): Promise<void> {
  log(`${id.pid}: stopped, no table names it`)
  const deadline = Date.now() + 10_000
  while (await isAlive(id)) {
    process.kill(id.pid, Date.now() < deadline ? 'SIGTERM' : 'SIGKILL')
    await sleep(100)
  }
}

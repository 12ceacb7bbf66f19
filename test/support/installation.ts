import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { kernelNames, type Installation, type Paths } from '../../runtime/installation.ts'
import { agentClient } from '../../runtime/setup/agent-client.ts'
import { parseOptions } from '../../runtime/setup/options.ts'
import { processTable } from '../../runtime/setup/process-table.ts'
import { known, loadContext, supervisionOf, type SetupContext } from '../../runtime/setup/setup-context.ts'
import { isReady, type Process, type ProcessName } from '../../runtime/supervisor/process.ts'
import type { ProcessStatus } from '../../runtime/supervisor/supervision.ts'
import { openDb, type Db } from '../../server/store/db.ts'

/** What a test of the machine needs that people do not: the platform's own processes, its database and the kernel. */
export class Inside implements AsyncDisposable {
  readonly installation: Installation
  readonly at: Paths
  readonly db: Db
  readonly #context: SetupContext
  readonly #table: readonly Process[]

  private constructor(context: SetupContext, table: readonly Process[]) {
    this.installation = known(context.installation, 'the installation')
    this.at = context.at
    this.#context = context
    this.#table = table
    const { database } = this.installation
    this.db = openDb({
      url:
        database.kind === 'external'
          ? database.url
          : `postgresql://postgres@/skypanel?host=${encodeURIComponent(this.at.postgresSocket)}`,
      max: 2,
    })
  }

  static async of(home: string): Promise<Inside> {
    const options = parseOptions(['start', '--checkout', '/', '--home', home], {})
    const context = await loadContext(options, process.env, () => undefined)
    return new Inside(context, await processTable(context))
  }

  status(): Promise<ProcessStatus[]> {
    return supervisionOf(this.#context).status()
  }

  async running(): Promise<ProcessName[]> {
    return (await this.status()).filter(({ state }) => state === 'running').map(({ name }) => name)
  }

  /** @throws when it does not run. */
  async pid(name: ProcessName): Promise<number> {
    const pid = (await this.status()).find((one) => one.name === name)?.pid ?? null
    if (pid === null) throw new Error(`${name} does not run`)
    return pid
  }

  async signal(name: ProcessName, signal: NodeJS.Signals): Promise<number> {
    const pid = await this.pid(name)
    process.kill(pid, signal)
    return pid
  }

  /** Resolves when another process of that name serves. */
  async back(name: ProcessName, killed: number): Promise<void> {
    const described = this.#describe(name)
    await soon(`${name} is back after its end as ${killed}`, async () => {
      const now = (await this.status()).find((one) => one.name === name)?.pid ?? null
      return now !== null && now !== killed && (await isReady(described.ready))
    })
  }

  /** SIGKILL; resolves when its successor serves. */
  async killed(name: ProcessName): Promise<void> {
    await this.back(name, await this.signal(name, 'SIGKILL'))
  }

  async stop(name: ProcessName): Promise<void> {
    await supervisionOf(this.#context).stop([name])
  }

  async start(name: ProcessName): Promise<void> {
    await supervisionOf(this.#context).restart([name])
    const described = this.#describe(name)
    await soon(`${name} serves`, () => isReady(described.ready))
  }

  /** Puts a server with other variables in the place of the one that runs; null: as it was set up. */
  async serverWith(env: Readonly<Record<string, string>> | null): Promise<void> {
    const server = this.#describe('server')
    const wanted: Process = { ...server, env: { ...server.env, ...env } }
    await supervisionOf(this.#context).apply([wanted], { exact: false })
    await soon('the server serves', () => isReady(wanted.ready))
  }

  /** Whether the process has stopped itself by SIGSTOP. */
  async isStopped(pid: number): Promise<boolean> {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    return stat.slice(stat.lastIndexOf(')')).startsWith(') T')
  }

  agent() {
    return agentClient(this.at.agentSocket)
  }

  #describe(name: ProcessName): Process {
    const found = this.#table.find((process) => process.name === name)
    if (found === undefined) throw new Error(`this installation has no process ${name}`)
    return found
  }

  /** Command lines of the processes that run in the groups of instances (`i`) or builds (`b`), with their group. */
  async processes(kind: 'i' | 'b'): Promise<{ readonly group: string; readonly argv: string }[]> {
    const { cgroup, buildCgroup } = kernelNames(this.installation.id)
    const mark = new RegExp(`/${kind === 'i' ? cgroup : buildCgroup}(?:/[^/\\n]+)*?/(${kind}-[^/\\n]+)`)
    const found: { group: string; argv: string }[] = []
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const group = mark.exec(await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''))?.[1]
      if (group === undefined) continue
      const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (argv !== '') found.push({ group, argv: argv.replaceAll('\0', ' ').trim() })
    }
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db[Symbol.asyncDispose]()
  }
}

/** Looks every few ms until it is so; for what processes do without being asked. */
export async function soon(
  what: string,
  look: () => Promise<boolean> | boolean,
  within = 30_000,
): Promise<void> {
  const deadline = Date.now() + within
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`)
    await sleep(20)
  }
}

import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import type { Process } from '../../supervisor/process.ts'
import { whenReady, type NotReady } from '../../supervisor/supervision.ts'
import { busyPortMessage, isFree, portHolder } from '../busy-port.ts'
import type { Step } from '../plan.ts'
import { processTable } from '../process-table.ts'
import { known, supervisionOf, type SetupContext } from '../setup-context.ts'
import { isMigrated, migrate } from './database.ts'
import { publishRoot } from './router.ts'

/** Consul's build may take minutes and must never stand before the first app. */
const withoutBackground = (table: readonly Process[]) =>
  table.filter(({ name }) => name !== 'consul-build' && name !== 'consul')

async function lastLines(logs: string, name: string): Promise<string> {
  const text = await readFile(join(logs, `${name}.log`), 'utf8').catch(() => '')
  return text.trim().split('\n').slice(-15).join('\n')
}

async function explain(context: SetupContext, late: readonly NotReady[]): Promise<string> {
  const parts = await Promise.all(
    late.map(
      async ({ name, reason }) =>
        `${name} does not come up (${reason}). The end of ${context.at.processLogs}/${name}.log:\n${await lastLines(context.at.processLogs, name)}`,
    ),
  )
  return parts.join('\n\n')
}

/** Ports of ours that somebody else has. Asked only where our own process does not run. */
async function checkPorts(context: SetupContext): Promise<void> {
  const { ports, domain } = known(context.installation, 'the installation')
  const running = new Set(
    (await supervisionOf(context).status())
      .filter(({ state }) => state === 'running')
      .map(({ name }) => name),
  )
  const wanted = [
    { flag: '--panel-port', port: ports.panel, of: 'server' },
    { flag: '--http-port', port: ports.http, of: 'caddy' },
    { flag: '--https-port', port: ports.https, of: 'caddy' },
  ] as const
  for (const { flag, port, of } of wanted) {
    if (running.has(of) || (await isFree(port, of === 'caddy' && domain !== null ? '0.0.0.0' : '127.0.0.1')))
      continue
    // What an earlier supervisor left runs as ours and is adopted by `apply`.
    const holder = await portHolder(port)
    if (holder !== null && (await isOurs(context, holder.pid))) continue
    let free = port + 1
    while (!(await isFree(free))) free += 1
    throw new Error(busyPortMessage(flag, port, holder, free))
  }
}

async function isOurs(context: SetupContext, pid: number): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
  return environment
    .split('\0')
    .some((entry) =>
      entry.startsWith(`SKYPANEL_PROCESS=${known(context.installation, 'the installation').id}/`),
    )
}

/** Comes up beside the migration, the server after it; all at once where nothing is to be migrated. */
export const dataPlane: Step<SetupContext> = {
  name: 'processes',
  after: [
    'version',
    'router configuration',
    'master key',
    'registries',
    'mount namespace',
    'limits',
    'native programs',
    'database cluster',
  ],
  needed: () => Promise.resolve(true),
  async apply(context) {
    await checkPorts(context)
    const settled = await isMigrated(context)
    const table = withoutBackground(await processTable(context)).filter(
      ({ plane }) => settled || plane === 'data',
    )
    const supervision = supervisionOf(context)
    await supervision.apply(table, { exact: false })
    const late = await whenReady(supervision, table, 30_000)
    if (late.length > 0) throw new Error(await explain(context, late))
    for (let i = 0; i < 50 && known(context.installation, 'the installation').domain === null; i++) {
      if ((await publishRoot(context)) !== null) break
      await sleep(100)
    }
  },
}

export const server: Step<SetupContext> = {
  name: 'server',
  after: ['database', 'processes', 'master key', 'database cluster'],
  needed: () => Promise.resolve(true),
  async apply(context) {
    const supervision = supervisionOf(context)
    const table = (await processTable(context)).filter(({ name }) => name === 'server')
    await supervision.apply(table, { exact: false })
    let late = await whenReady(supervision, table, 30_000)
    if (late.length > 0) {
      // It refuses a database that was put back to an older state since we migrated it.
      await migrate(context)
      await supervision.restart(['server'])
      late = await whenReady(supervision, table, 30_000)
    }
    if (late.length > 0) throw new Error(await explain(context, late))
  },
}

/** The whole table, once the first app is up: what is no longer named ends, and Consul's build may begin. */
export async function startBackground(context: SetupContext): Promise<void> {
  await supervisionOf(context).apply(await processTable(context), { exact: true })
}

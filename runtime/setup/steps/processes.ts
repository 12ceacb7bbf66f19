import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import type { Process } from '../../supervisor/process.ts'
import { whenReady, type NotReady } from '../../supervisor/supervision.ts'
import { checkPorts } from '../check-ports.ts'
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
    'packages (lxc)',
    'database cluster',
  ],
  needed: () => Promise.resolve(true),
  async apply(context) {
    const supervision = supervisionOf(context)
    const running = (await supervision.status()).filter(({ state }) => state === 'running')
    await checkPorts(context, new Set(running.map(({ name }) => name)))
    const settled = await isMigrated(context)
    const table = withoutBackground(await processTable(context)).filter(
      ({ plane }) => settled || plane === 'data',
    )
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

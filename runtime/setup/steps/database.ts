import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { tryRun } from '../../exec.ts'
import { users, type Installation } from '../../installation.ts'
import { ensureCluster, ensureRoles, type ClusterSpec } from '../../postgres/postgres-cluster.ts'
import { whenReady } from '../../supervisor/supervision.ts'
import { account } from '../accounts.ts'
import type { Step } from '../plan.ts'
import { processTable } from '../process-table.ts'
import { known, supervisionOf, type SetupContext } from '../setup-context.ts'
import { hasStamp, stamp } from '../stamp.ts'

/** Role and database of the server. */
const DATABASE = 'skypanel'

export async function clusterSpec(installation: Installation, at: SetupContext['at']): Promise<ClusterSpec> {
  const who = users(installation.id)
  return {
    folder: at.postgres,
    socketFolder: at.postgresSocket,
    owner: await account(who.postgres),
    clients: [{ system: who.server, role: DATABASE }],
    roles: [DATABASE],
    durable: true,
  }
}

const isPrivate = (context: SetupContext) =>
  known(context.installation, 'the installation').database.kind === 'private'

export const cluster: Step<SetupContext> = {
  name: 'database cluster',
  after: ['folders', 'packages (database)'],
  needed: async (context) => isPrivate(context) && !(await hasStamp(context.options.home, 'cluster', '1')),
  async apply(context) {
    await ensureCluster(await clusterSpec(known(context.installation, 'the installation'), context.at))
    await stamp(context.options.home, 'cluster', '1')
  },
}

/** Runs the server's own program once, as the server's user: it alone knows SQL. */
export async function serverCommand(context: SetupContext, ...argv: string[]): Promise<string> {
  const { node, folder } = known(context.version, 'the installed version')
  const { server } = users(known(context.installation, 'the installation').id)
  const ran = await tryRun(
    [
      'setpriv',
      `--reuid=${server}`,
      `--regid=${server}`,
      '--init-groups',
      '--no-new-privs',
      '--',
      node,
      join(folder, 'server/main.mjs'),
      ...argv,
      '--home',
      context.options.home,
    ],
    { cwd: '/', timeout: 300_000 },
  )
  if (ran.code !== 0)
    throw new Error(
      `server ${argv[0] ?? ''} ended with ${ran.code ?? 'a signal'}:\n${(ran.stderr.trim() || ran.stdout.trim()).split('\n').slice(-15).join('\n')}`,
    )
  return ran.stdout
}

/** What the tables depend on, as far as it can be told without asking the database. */
const schemaFacts = (context: SetupContext) =>
  JSON.stringify([
    known(context.version, 'the installed version').name,
    createHash('sha256')
      .update(JSON.stringify(known(context.installation, 'the installation').database))
      .digest('hex'),
  ])

/**
 * Whether this version migrated this database before, so that the server can come up beside it instead of after it.
 * A database that was put back to an older state since is refused by the server, which then asks for `migrate`.
 */
export const isMigrated = async (context: SetupContext): Promise<boolean> =>
  await hasStamp(context.options.home, 'migrated', schemaFacts(context))

export async function migrate(context: SetupContext): Promise<void> {
  await serverCommand(context, 'migrate')
  await stamp(context.options.home, 'migrated', schemaFacts(context))
}

/** Brings the database up and its tables to this version. */
export const database: Step<SetupContext> = {
  name: 'database',
  after: ['database cluster', 'version', 'master key', 'registries'],
  needed: async (context) => !(await isMigrated(context)),
  async apply(context, say) {
    if (isPrivate(context)) {
      const supervision = supervisionOf(context)
      const table = (await processTable(context)).filter(({ name }) => name === 'postgres')
      await supervision.apply(table, { exact: false })
      const [late] = await whenReady(supervision, table, 60_000)
      if (late !== undefined)
        throw new Error(
          `Postgres does not come up: ${late.reason}. Its log: ${context.at.processLogs}/postgres.log`,
        )
      if (!(await hasStamp(context.options.home, 'roles', '1'))) {
        await ensureRoles(await clusterSpec(known(context.installation, 'the installation'), context.at))
        await stamp(context.options.home, 'roles', '1')
      }
    }
    say('migrating')
    await migrate(context)
  },
}

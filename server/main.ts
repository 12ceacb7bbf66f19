import { parseArgs } from 'node:util'
import { ensureAdmin } from './accounts/ensure-admin.ts'
import { type Config, loadConfig } from './config.ts'
import { newId } from './context.ts'
import type { PlatformRecords } from './contract/platform.ts'
import { hostTable } from './domains/host-table.ts'
import { serve } from './serve.ts'
import { makeLink } from './sessions/make-link.ts'
import { keptBuilds } from './store/builds.ts'
import { openDb } from './store/db.ts'
import { allVolumes } from './store/volumes.ts'
import { hostedApps } from './store/domains.ts'
import { migrate } from './store/migrate.ts'
import { openLog } from './telemetry/log.ts'

const USAGE = `Usage: node server/main.mjs <verb> --home <folder>
  serve                         run the platform's server until SIGTERM
  migrate                       bring the database to this version; prints {"applied": [...]}
  facts                         what the doctor compares with the machine; prints {"hosts", "builds", "volumes"}
  admin --email <address>       make an admin of the platform, or a new token for it; prints {"email", "token"}
  admin-link --email <address>  a one-time link's code for an admin's browser; prints {"code", "expires_at"}`

const tell = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

const VERBS: Readonly<Record<string, (config: Config, email: string | undefined) => Promise<void>>> = {
  async serve(config) {
    const ending = new AbortController()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort())
    await serve(config, openLog(config.logLevel), ending.signal)
  },
  async migrate(config) {
    tell({ applied: await migrate({ url: config.databaseUrl, folder: config.migrations }) })
  },
  async facts(config) {
    await using db = openDb({ url: config.databaseUrl, max: 1 })
    const facts: PlatformRecords = {
      hosts: hostTable(await hostedApps(db), config.reach, 0).hosts,
      builds: await keptBuilds(db),
      volumes: await allVolumes(db),
    }
    tell(facts)
  },
  async admin(config, email) {
    await using db = openDb({ url: config.databaseUrl, max: 1 })
    tell(await ensureAdmin({ db, newId }, addressOf(email), 'admin'))
  },
  async 'admin-link'(config, email) {
    await using db = openDb({ url: config.databaseUrl, max: 1 })
    tell(await makeLink({ db }, addressOf(email)))
  },
}

function addressOf(email: string | undefined): string {
  if (email !== undefined && /^[^@\s]+@[^@\s]+$/.test(email)) return email
  throw new Error(`--email <address> is missing\n${USAGE}`)
}

async function main(argv: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { home: { type: 'string' }, email: { type: 'string' } },
  })
  const verb = VERBS[positionals[0] ?? '']
  if (verb === undefined || values.home === undefined) throw new Error(USAGE)
  await verb(loadConfig(values.home), values.email)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  // The supervisor shows the last lines; a stack belongs to faults, not to what a message already explains.
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}

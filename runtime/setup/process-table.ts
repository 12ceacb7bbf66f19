import { createHash } from 'node:crypto'
import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresArgv } from '../postgres/postgres-cluster.ts'
import type { Process } from '../supervisor/process.ts'
import { processes } from '../supervisor/processes.ts'
import { caddyProgram } from './caddy-program.ts'
import { known, type SetupContext } from './setup-context.ts'

/** The server's own variables that an operator may set for `npm start`. */
export const PASSED_TO_SERVER =
  /^SKYPANEL_(LOG_LEVEL|API_RATE|KEEP_RELEASES|OVERCOMMIT_MEMORY|MAX_PUSH_MB|SOURCE_HOSTS|OSV|BOOT_TIMEOUT|OPEN_REQUESTS_MS|BUILD_SECONDS|BUILD_MEMORY_MB|BUILD_DISK_MB|CRASH_AT)$/

/** The agent's own. */
const PASSED_TO_AGENT =
  /^SKYPANEL_(CONCURRENT_BUILDS|CACHE_URL|CACHE_CREDENTIALS|CACHE_TRUSTED_KEYS|FLAKE_CACHES|FLAKE_KEYS)$/

async function markOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file).catch(() => ''))
  return hash.digest('hex').slice(0, 16)
}

/** The table of this machine: facts are looked up here, the decision is `processes`. */
export async function processTable(context: SetupContext): Promise<Process[]> {
  const installation = known(context.installation, 'the installation')
  const { folder, node } = known(context.version, 'the installed version')
  const { caBundle } = known(context.registries, 'the registries')
  const passed = (names: RegExp) =>
    Object.fromEntries(
      Object.entries(context.env).filter(
        (entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined,
      ),
    )
  return processes({
    installation,
    version: folder,
    node,
    postgres:
      installation.database.kind === 'external' ? null : await postgresArgv({ folder: context.at.postgres }),
    caddy: await caddyProgram(),
    consul: [
      join(context.at.consul, 'consul'),
      'agent',
      `-config-file=${join(context.at.consul, 'consul.json')}`,
    ],
    caBundle: await access(caBundle).then(
      () => caBundle,
      () => null,
    ),
    serverEnv: passed(PASSED_TO_SERVER),
    agentEnv: passed(PASSED_TO_AGENT),
    // The number of what is pinned there, not of the empty file below it.
    namespace: await stat(context.at.mountNamespace).then(
      ({ ino }) => String(ino),
      () => '',
    ),
    settings: await markOf([context.at.installation, context.at.registries]),
  })
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { DriverName } from './contract/drivers.ts'
import type { Reach } from './domain/hostname.ts'

/** What the server needs of `<home>/installation.json`, which the set-up writes. */
const Installation = z.object({
  id: z.string(),
  domain: z.string().nullable(),
  ports: z.object({
    panel: z.number().int(),
    http: z.number().int(),
    https: z.number().int(),
    directory: z.number().int(),
  }),
  database: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('private') }),
    z.object({ kind: z.literal('external'), url: z.string() }),
  ]),
  driver: DriverName,
  registry: z.enum(['auto', 'embedded']),
})

const whole = z.coerce.number().int().positive()

/** Every variable that the server reads, with its default. */
const Environment = z.object({
  SKYPANEL_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Requests an hour for one token; Heroku's figure. */
  SKYPANEL_API_RATE: whole.default(4500),
  SKYPANEL_KEEP_RELEASES: whole.default(20),
  /** How many times the memory of a node may be promised to instances; most use a part of their size. */
  SKYPANEL_OVERCOMMIT_MEMORY: z.coerce.number().min(0.1).max(1000).default(8),
  SKYPANEL_MAX_PUSH_MB: whole.default(150),
  /** `host` or `host:port`, separated by commas, from which sources may be fetched though they are private or plain http. */
  SKYPANEL_SOURCE_HOSTS: z.string().default(''),
  /** Folder of OSV files that builds are checked against besides what the registries say. */
  SKYPANEL_OSV: z.string().startsWith('/').optional(),
  /** Seconds until an instance that is not ready fails its release. */
  SKYPANEL_BOOT_TIMEOUT: whole.default(60),
  /** ms that open requests of an instance have to end, between leaving the router and SIGTERM. */
  SKYPANEL_OPEN_REQUESTS_MS: z.coerce.number().int().min(0).default(5000),
  SKYPANEL_BUILD_SECONDS: whole.default(1800),
  SKYPANEL_BUILD_MEMORY_MB: whole.default(2048),
  SKYPANEL_BUILD_DISK_MB: whole.default(8192),
  /** For the crash tests: where the process kills or stops itself (deploy/crash-points.ts). */
  SKYPANEL_CRASH_AT: z.string().optional(),
})

/** Names of those variables; set-up passes them on (runtime/setup/process-table.ts). */
export const VARIABLES: readonly string[] = Object.keys(Environment.shape)

export interface Config {
  readonly home: string
  readonly version: string
  readonly installation: string
  readonly driver: DriverName
  readonly registry: 'auto' | 'embedded'
  readonly reach: Reach
  readonly directoryPort: number
  readonly databaseUrl: string
  /** Folder of the SQL migrations of this version. */
  readonly migrations: string
  /** Folder of the built dashboard; without an index.html there is none. */
  readonly dashboard: string
  readonly logLevel: string
  readonly rate: { readonly perTokenAndHour: number; readonly loginsPerMinute: number }
  readonly keepReleases: number
  readonly memoryOvercommit: number
  readonly maxPushMb: number
  /** Hosts of sources that may be private. */
  readonly sourceHosts: readonly string[]
  /** Folder of OSV files, or null. */
  readonly osv: string | null
  readonly bootTimeout: number
  readonly openRequestsMs: number
  readonly build: { readonly seconds: number; readonly memoryMb: number; readonly diskMb: number }
  readonly crashAt: string | null
  readonly paths: ServerPaths
}

/** The places below home that the server touches; the same as in the set-up's own layout (compared by a test). */
export function serverPaths(home: string) {
  return {
    home,
    masterKey: join(home, 'keys', 'master.key'),
    registries: join(home, 'registries.json'),
    agentSocket: join(home, 'run', 'agent', 'agent.sock'),
    directorySocket: join(home, 'run', 'directory', 'directory.sock'),
    logsSocket: join(home, 'run', 'logs', 'logs.sock'),
    hookSocket: join(home, 'run', 'server', 'hook.sock'),
    postgresSocket: join(home, 'run', 'postgres'),
    git: join(home, 'git'),
    builds: join(home, 'builds'),
    cache: join(home, 'cache'),
    consul: join(home, 'consul'),
    agentState: join(home, 'agent'),
    nix: join(home, 'nix'),
  } as const
}
export type ServerPaths = ReturnType<typeof serverPaths>

/** The role and the database of the private cluster. */
const DATABASE = 'skypanel'

/** Reads the environment and the installation once. Errors name every mistake at once. */
export function loadConfig(home: string, env: NodeJS.ProcessEnv = process.env): Config {
  const file = join(home, 'installation.json')
  const installation = parse(file, Installation, readJson(file))
  const vars = parse('the environment', Environment, env)
  const paths = serverPaths(home)
  const { database, ports } = installation
  return {
    home,
    version: ownVersion(),
    installation: installation.id,
    driver: installation.driver,
    registry: installation.registry,
    reach: { domain: installation.domain, http: ports.http, https: ports.https, panel: ports.panel },
    directoryPort: ports.directory,
    databaseUrl:
      database.kind === 'external'
        ? database.url
        : `postgresql://${DATABASE}@/${DATABASE}?host=${encodeURIComponent(paths.postgresSocket)}`,
    migrations: fileURLToPath(new URL('../migrations', import.meta.url)),
    // From the sources it is what was built last; they hold a folder of that name themselves.
    dashboard: fileURLToPath(
      new URL(import.meta.url.endsWith('.ts') ? '../dist/dashboard' : '../dashboard', import.meta.url),
    ),
    logLevel: vars.SKYPANEL_LOG_LEVEL,
    rate: { perTokenAndHour: vars.SKYPANEL_API_RATE, loginsPerMinute: 10 },
    keepReleases: vars.SKYPANEL_KEEP_RELEASES,
    memoryOvercommit: vars.SKYPANEL_OVERCOMMIT_MEMORY,
    maxPushMb: vars.SKYPANEL_MAX_PUSH_MB,
    sourceHosts: vars.SKYPANEL_SOURCE_HOSTS.split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== ''),
    osv: vars.SKYPANEL_OSV ?? null,
    bootTimeout: vars.SKYPANEL_BOOT_TIMEOUT,
    openRequestsMs: vars.SKYPANEL_OPEN_REQUESTS_MS,
    build: {
      seconds: vars.SKYPANEL_BUILD_SECONDS,
      memoryMb: vars.SKYPANEL_BUILD_MEMORY_MB,
      diskMb: vars.SKYPANEL_BUILD_DISK_MB,
    },
    crashAt: vars.SKYPANEL_CRASH_AT ?? null,
    paths,
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`${file} cannot be read: is --home right? npm start makes an installation.`, { cause })
  }
}

function parse<Schema extends z.ZodType>(what: string, schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(
    `${what}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
  )
}

/** The package's version: two levels up in `dist/server`, one in the sources and where a version is installed. */
function ownVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as Record<
        string,
        unknown
      >
      if (name === 'skypanel' && typeof version === 'string') return version
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return '0.0.0'
}

import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { Installation, type Paths, paths, users } from './installation.ts'

export interface UserIds {
  readonly uid: number
  readonly gid: number
}

export interface AgentConfig {
  readonly installation: Installation
  readonly paths: Paths
  readonly version: string
  /** Name of this node in the registry. */
  readonly node: string
  /** null where an installation's users were not made: then everything runs as the one who started us (fake driver). */
  readonly server: UserIds | null
  readonly net: UserIds | null
  readonly router: UserIds | null
  /** Folder with `bin/init`, `bin/shim`; null until it was compiled. */
  readonly native: string | null
  readonly concurrentBuilds: number
  /** Where build outputs are kept besides this machine's store; null: nowhere. */
  readonly buildCache: {
    /** `s3://BUCKET?endpoint=…`, `file:///…` or a Nix binary cache. */
    readonly url: string
    /** File with the access key of S3, as the AWS CLI keeps it. */
    readonly credentials: string | null
    /** Public keys whose outputs may be used besides our own. */
    readonly trusted: readonly string[]
  } | null
  /** Where flakes of apps take what they need from, as it was set: addresses, public keys. */
  readonly flakeCaches: { readonly urls: string; readonly keys: string }
}

const NativeRecord = z.object({ path: z.string() })

/** Reads `--home`, the installation that is stored there, and this machine's users. */
export function readAgentConfig(argv: readonly string[]): AgentConfig {
  const { values } = parseArgs({ args: [...argv], options: { home: { type: 'string' } }, strict: true })
  if (values.home === undefined) throw new Error('--home is missing: the folder that holds installation.json')
  return agentConfig(values.home)
}

export function agentConfig(home: string): AgentConfig {
  const at = paths(home)
  if (!existsSync(at.installation))
    throw new Error(`${at.installation} is not there; run \`npm start\` to set the installation up`)
  if (/[:,\\\s]/.test(home))
    throw new Error(
      `The home ${home} may not hold a colon, comma, backslash or space: it stands in mount options`,
    )
  const installation = Installation.parse(JSON.parse(readFileSync(at.installation, 'utf8')))
  const names = users(installation.id)
  const parallel = Number(process.env['SKYPANEL_CONCURRENT_BUILDS'] ?? 0)
  return {
    installation,
    paths: at,
    version: ownVersion(),
    node: 'local',
    server: userIds(names.server),
    net: userIds(names.net),
    router: userIds(names.caddy),
    native: nativePath(at),
    buildCache: buildCache(),
    flakeCaches: {
      urls: process.env['SKYPANEL_FLAKE_CACHES'] ?? '',
      keys: process.env['SKYPANEL_FLAKE_KEYS'] ?? '',
    },
    concurrentBuilds: parallel > 0 ? parallel : Math.max(1, Math.floor(availableParallelism() / 2)),
  }
}

function buildCache(): AgentConfig['buildCache'] {
  const url = process.env['SKYPANEL_CACHE_URL'] ?? ''
  if (url === '') return null
  const credentials = process.env['SKYPANEL_CACHE_CREDENTIALS'] ?? ''
  const keys = (process.env['SKYPANEL_CACHE_TRUSTED_KEYS'] ?? '').split(/\s+/)
  return {
    url,
    credentials: credentials === '' ? null : credentials,
    trusted: keys.filter((key) => key !== ''),
  }
}

/** Where the native programs are; read again by whoever finds none, for they may be compiled after the agent's start. */
export function nativePath(at: Paths): string | null {
  const file = join(at.agentState, 'native.json')
  return existsSync(file) ? NativeRecord.parse(JSON.parse(readFileSync(file, 'utf8'))).path : null
}

function userIds(name: string): UserIds | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) }
}

function ownVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== '/'; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file))
      return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version
  }
  return '0.0.0'
}

import { join } from 'node:path'
import { z } from 'zod'
import { DriverName } from '../server/contract/drivers.ts'

/**
 * One installation of the platform on one machine. Made once, stored as `<home>/installation.json`; everything that
 * is outside of `<home>` (users, links, units, cgroups, nft table) carries its id, so two installations never meet.
 */
export const Installation = z.object({
  version: z.literal(1),
  /** Four hex digits. */
  id: z.string().regex(/^[0-9a-f]{4}$/),
  home: z.string().startsWith('/'),
  /** A free /18: instances from its start, build cells from its last quarter. */
  range: z.string().regex(/^\d+\.\d+\.\d+\.0\/18$/),
  /** null: loopback only, hosts are `<app>.skypanel.localhost`. */
  domain: z.string().nullable(),
  ports: z.object({
    panel: z.number().int(),
    http: z.number().int(),
    https: z.number().int(),
    /** UDP and TCP on loopback: DNS for Caddy and, redirected by nft, for instances and cells. */
    dns: z.number().int(),
    /** HTTP on loopback: Caddy's `ask` and the edge's questions. */
    directory: z.number().int(),
    edge: z.number().int(),
    consulHttp: z.number().int(),
    consulRpc: z.number().int(),
    consulSerf: z.number().int(),
  }),
  /** Postgres: a private cluster below home, or the URL that the operator gave. */
  database: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('private') }),
    z.object({ kind: z.literal('external'), url: z.string() }),
  ]),
  /** For apps that ask for none. */
  driver: DriverName,
  registry: z.enum(['auto', 'embedded']),
  allowUnlimited: z.boolean(),
  /** systemd units, or our own supervisor where systemd is not PID 1. */
  supervision: z.enum(['systemd', 'direct']),
})
export type Installation = z.infer<typeof Installation>

/** The port that every instance listens on, in a network namespace of its own. */
export const APP_PORT = 5000

/**
 * The edge's own address, on APP_PORT like an instance's: the directory can answer with it for a host that nobody
 * serves. All of 127.0.0.0/8 is local, so it needs no set-up; the id keeps two installations apart.
 */
export function edgeAddress(id: string): string {
  return `127.77.${Number.parseInt(id.slice(0, 2), 16)}.${Number.parseInt(id.slice(2, 4), 16)}`
}

/** The bridge's address, the first of the range: where instances and cells find DNS. */
export function gatewayAddress(range: string): string {
  const [a, b, c] = range.split('.')
  return `${a}.${b}.${c}.1`
}

/** Where things are below home. The one place that knows the layout. */
export function paths(home: string) {
  const at = (...parts: string[]) => join(home, ...parts)
  return {
    home,
    installation: at('installation.json'),
    /** Package registries and CA bundle as the machine's own clients are configured. */
    registries: at('registries.json'),
    versions: at('versions'),
    current: at('versions', 'current'),
    /** 0400, owned by the server's user: seals config vars. */
    masterKey: at('keys', 'master.key'),
    adminToken: at('keys', 'admin-token'),
    /** Root's alone, for a proxy's address may hold a password: what finding and compiling Consul needs of the environment. */
    consulEnv: at('keys', 'consul-env.json'),
    run: at('run'),
    agentSocket: at('run', 'agent', 'agent.sock'),
    directorySocket: at('run', 'directory', 'directory.sock'),
    logsSocket: at('run', 'logs', 'logs.sock'),
    hookSocket: at('run', 'server', 'hook.sock'),
    postgresSocket: at('run', 'postgres'),
    caddyAdmin: at('run', 'caddy', 'admin.sock'),
    supervisorSocket: at('run', 'supervisor.sock'),
    /** The pinned mount namespace in which `<home>/nix` is `/nix`; agent and instances live in it. */
    mountNamespace: at('run', 'ns', 'mnt'),
    nix: at('nix'),
    nixConf: at('nix-conf'),
    /** Nix itself where the distribution's is too old: extracted packages of a newer suite. */
    nixPackages: at('nix-packages'),
    postgres: at('postgres'),
    git: at('git'),
    builds: at('builds'),
    cache: at('cache'),
    instances: at('instances'),
    /** Disks of apps, one folder an app; root's alone. */
    volumes: at('volumes'),
    agentState: at('agent'),
    logs: at('logs'),
    directory: at('directory'),
    caddy: at('caddy'),
    consul: at('consul'),
    processLogs: at('process-logs'),
  } as const
}
export type Paths = ReturnType<typeof paths>

/** System users, one per trust domain. */
export function users(id: string) {
  return {
    server: `skypanel-${id}`,
    caddy: `skypanel-${id}-caddy`,
    consul: `skypanel-${id}-consul`,
    postgres: `skypanel-${id}-pg`,
    /** directory, edge, logs and the agent's prober: no access to the database or to keys. */
    net: `skypanel-${id}-net`,
    buildGroup: `skypanel-${id}-build`,
  } as const
}

/** Kernel objects. Interface names stay below 16 characters. */
export function kernelNames(id: string) {
  return {
    bridge: `sp${id}`,
    /** + `-<index>`: instances `i`, build cells `b`. */
    link: (kind: 'i' | 'b', index: number) => `sp${id}${kind}${index.toString(36)}`,
    netns: (kind: 'i' | 'b', index: number) => `skypanel-${id}-${kind}${index.toString(36)}`,
    table: `skypanel_${id}`,
    cgroup: `skypanel-${id}`,
    /** Builds stand beside the instances, not among them: they give way to the platform's own processes as well. */
    buildCgroup: `skypanel-${id}-builds`,
    unit: (process: string) => `skypanel-${id}-${process}`,
    machine: (instance: string) => `sp${id}-${instance}`,
  } as const
}

import { join } from 'node:path'
import { paths, users, type Installation } from '../installation.ts'
import type { Process, ProcessName } from './process.ts'

/** What the table needs to know of the machine; found by setup, not here. */
export interface Facts {
  readonly installation: Installation
  /** Folder of the installed version, resolved: a new version is a new argv, hence a replacement. */
  readonly version: string
  readonly node: string
  /** null: the operator's own database. */
  readonly postgres: readonly string[] | null
  readonly caddy: string
  /** Consul's argv once it was found or built. */
  readonly consul: readonly string[] | null
  /** PEM bundle with the machine's own certificate authorities. */
  readonly caBundle: string | null
  /** Settings of the server that the operator gave, e.g. `SKYPANEL_LOG_LEVEL`. */
  readonly serverEnv: Readonly<Record<string, string>>
  /** Settings of the agent that the operator gave; no secret stands in them. */
  readonly agentEnv?: Readonly<Record<string, string>>
  /** Which mount namespace the agent lives in; made anew, the agent has to move. Empty: not made yet. */
  readonly namespace: string
  /** A mark of the files that our processes read when they start: another mark replaces them. Caddy is told instead. */
  readonly settings: string
}

/** The server collects its garbage when it has calmed down (server/telemetry/tidy-memory.ts). */
const withCollector = ([node = '', ...rest]: readonly string[]) => [node, '--expose-gc', ...rest]

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Every process of an installation. Pure: the same facts give the same table. */
export function processes(facts: Facts): Process[] {
  const { installation, version, node } = facts
  const at = paths(installation.home)
  const who = users(installation.id)
  const certificates: Record<string, string> =
    facts.caBundle === null ? {} : { NODE_EXTRA_CA_CERTS: facts.caBundle, SSL_CERT_FILE: facts.caBundle }
  // One pool of memory for all threads: each further one keeps megabytes that are used once, at the start.
  const ours = { SKYPANEL_SETTINGS: facts.settings, MALLOC_ARENA_MAX: '1' }
  // These processes hold little for long: a small young generation costs nothing and saves 10 to 20 MB each.
  const program = (entry: string, ...rest: string[]) => [
    node,
    '--max-semi-space-size=4',
    join(version, entry),
    ...rest,
    '--home',
    installation.home,
  ]
  const process = (
    name: ProcessName,
    rank: number,
    rest: Partial<Process> & Pick<Process, 'argv' | 'user' | 'ready'>,
  ): Process => ({
    name,
    rank,
    capabilities: [],
    restart: 'always',
    needs: null,
    dnsSocket: false,
    stopSignal: 'SIGTERM',
    stopSeconds: 10,
    nice: 0,
    plane: 'data',
    ...rest,
    env: { PATH, LANG: 'C.UTF-8', HOME: installation.home, ...rest.env },
  })
  const table: Process[] = [
    process('agent', 1, {
      argv: ['nsenter', `--mount=${at.mountNamespace}`, '--', ...program('runtime/agent/main.js')],
      user: null,
      env: {
        ...ours,
        ...certificates,
        ...facts.agentEnv,
        HOME: '/root',
        SKYPANEL_NAMESPACE: facts.namespace,
      },
      ready: { kind: 'socket', path: at.agentSocket },
    }),
    process('directory', 2, {
      argv: program('runtime/directory/main.js'),
      user: who.net,
      env: { ...ours, SKYPANEL_DNS_FD: '3' },
      dnsSocket: true,
      ready: { kind: 'socket', path: at.directorySocket },
    }),
    process('edge', 2, {
      argv: program('runtime/edge/main.js'),
      user: who.net,
      env: ours,
      ready: { kind: 'tcp', port: installation.ports.edge },
    }),
    process('logs', 2, {
      argv: program('runtime/logs/main.js'),
      user: who.net,
      env: ours,
      ready: { kind: 'socket', path: at.logsSocket },
    }),
    process('caddy', 2, {
      argv: [facts.caddy, 'run', '--config', join(at.caddy, 'caddy.json')],
      user: who.caddy,
      capabilities: installation.domain === null ? [] : ['net_bind_service'],
      env: {
        ...certificates,
        HOME: at.caddy,
        XDG_DATA_HOME: at.caddy,
        XDG_CONFIG_HOME: at.caddy,
      },
      stopSeconds: 5,
      ready: { kind: 'tcp', port: installation.ports.http },
    }),
    process('server', 3, {
      argv: withCollector(program('server/main.mjs', 'serve')),
      user: who.server,
      env: { ...ours, ...certificates, ...facts.serverEnv },
      plane: 'control',
      ready: { kind: 'tcp', port: installation.ports.panel },
    }),
  ]
  if (facts.postgres !== null) {
    table.push(
      process('postgres', 0, {
        argv: [...facts.postgres],
        user: who.postgres,
        plane: 'control',
        // SIGINT is Postgres' fast shutdown: clients are cut, everything committed is kept.
        stopSignal: 'SIGINT',
        stopSeconds: 30,
        ready: { kind: 'postgres', data: join(at.postgres, 'data') },
      }),
    )
  }
  if (installation.registry === 'auto') {
    table.push(
      process('consul-build', 4, {
        argv: program('runtime/consul/main.js'),
        user: null,
        restart: 'once',
        nice: 19,
        env: { ...certificates, HOME: '/root', PATH: `${PATH}:/usr/local/go/bin` },
        plane: 'control',
        ready: { kind: 'none' },
      }),
    )
    if (facts.consul !== null) {
      table.push(
        process('consul', 2, {
          argv: [...facts.consul],
          user: who.consul,
          // Consul's heap is small; its default of letting it double costs more memory than it saves time.
          env: { GOGC: '20', GOMAXPROCS: '1' },
          needs: join(at.consul, 'ready.json'),
          ready: { kind: 'tcp', port: installation.ports.consulHttp },
        }),
      )
    }
  }
  return table.sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
}

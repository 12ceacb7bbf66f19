import type { Installation } from '../installation.ts'

/**
 * The configuration of a Consul server that stands alone: one voter, loopback only, without what we do not use (each
 * of these listeners and features costs memory). `raft_multiplier` 1 elects a leader in about a second instead of 8.
 */
export function consulConfig(installation: Pick<Installation, 'id' | 'ports'>, dataDir: string) {
  const { ports } = installation
  return {
    server: true,
    bootstrap_expect: 1,
    node_name: `skypanel-${installation.id}`,
    data_dir: dataDir,
    bind_addr: '127.0.0.1',
    advertise_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    log_level: 'warn',
    ports: {
      http: ports.consulHttp,
      server: ports.consulRpc,
      serf_lan: ports.consulSerf,
      serf_wan: -1,
      dns: -1,
      grpc: -1,
      grpc_tls: -1,
      https: -1,
    },
    // Ids derived from the machine would make a second installation's server look like ours.
    disable_host_node_id: true,
    disable_update_check: true,
    connect: { enabled: false },
    peering: { enabled: false },
    ui_config: { enabled: false },
    enable_central_service_config: false,
    performance: { raft_multiplier: 1 },
    // The directory's blocking queries and an agent's bursts of changes come from one address.
    limits: { http_max_conns_per_client: 500 },
  } as const
}

/** argv of the Consul process; `config` is the file that holds `consulConfig`. */
export function consulArgv(binary: string, config: string): string[] {
  return [binary, 'agent', `-config-file=${config}`]
}

/** One thread and an eager collector: Consul has next to nothing to do here and would keep 25 MB more otherwise. */
export const consulEnv: Readonly<Record<string, string>> = { GOGC: '20', GOMAXPROCS: '1' }

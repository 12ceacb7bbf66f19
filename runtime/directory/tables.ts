import type {
  HostState,
  HostTable,
  InstanceTable,
  NetworkTable,
  RegisteredInstance,
} from '../../server/contract/directory.ts'
import { normalHost } from './host-name.ts'

/** What the directory was last told by the server and by each node's agent. */
export interface Told {
  readonly hosts: HostTable | null
  readonly nodes: ReadonlyMap<string, InstanceTable>
  readonly networks: ReadonlyMap<string, NetworkTable>
}

export const nothingTold: Told = { hosts: null, nodes: new Map(), networks: new Map() }

/** The two documents, ready for look-ups. Built anew at each change, which is rare; read at each query. */
export interface Index {
  readonly hosts: ReadonlyMap<
    string,
    { readonly app: string; readonly name: string; readonly maintenance: boolean; readonly expects: boolean }
  >
  readonly addresses: ReadonlyMap<string, readonly string[]>
}

/** Takes the server's document unless it comes from a server that was replaced (its epoch is older). */
export function takeHosts(
  told: Told,
  table: HostTable,
): { ok: true; told: Told } | { ok: false; newest: number } {
  const newest = told.hosts?.epoch ?? 0
  if (table.epoch < newest) return { ok: false, newest }
  const hosts = Object.fromEntries(
    Object.entries(table.hosts).map(([host, entry]) => [normalHost(host), entry]),
  )
  return { ok: true, told: { ...told, hosts: { ...table, hosts } } }
}

export function takeInstances(told: Told, table: InstanceTable): Told {
  return { ...told, nodes: new Map(told.nodes).set(table.node, table) }
}

export function takeNetwork(told: Told, table: NetworkTable): Told {
  return { ...told, networks: new Map(told.networks).set(table.node, table) }
}

export function withdraw(told: Told, node: string, instance: string): Told {
  const table = told.nodes.get(node)
  if (table === undefined) return told
  return takeInstances(told, { ...table, instances: table.instances.filter(({ id }) => id !== instance) })
}

/** What all agents together say is ready. */
export function fedInstances(told: Told): RegisteredInstance[] {
  return [...told.nodes.values()].flatMap((table) => table.instances)
}

export function buildIndex(told: Told, instances: readonly RegisteredInstance[]): Index {
  const addresses = new Map<string, string[]>()
  for (const instance of instances) {
    const list = addresses.get(instance.app)
    if (list === undefined) addresses.set(instance.app, [instance.address])
    else if (!list.includes(instance.address)) list.push(instance.address)
  }
  const hosts = new Map(
    Object.entries(told.hosts?.hosts ?? {}).map(([host, entry]) => [
      host,
      { ...entry, expects: entry.expects ?? true },
    ]),
  )
  return { hosts, addresses }
}

export function stateOf(index: Index, host: string): HostState {
  const entry = index.hosts.get(host)
  if (entry === undefined) return { host, state: 'unknown', app: null, addresses: [], expects: false }
  const { name: app, expects } = entry
  if (entry.maintenance) return { host, state: 'maintenance', app, addresses: [], expects }
  const addresses = [...(index.addresses.get(entry.app) ?? [])]
  return { host, state: addresses.length > 0 ? 'serving' : 'no-instance', app, addresses, expects }
}

/** The same addresses, another one first: resolvers that take the first spread over all of them. */
export function rotated(addresses: readonly string[], turn: number): readonly string[] {
  if (addresses.length < 2) return addresses
  const first = turn % addresses.length
  return [...addresses.slice(first), ...addresses.slice(0, first)]
}

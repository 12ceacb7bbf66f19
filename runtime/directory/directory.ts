import { setTimeout as sleep } from 'node:timers/promises'
import {
  ROUTER_REFRESH,
  type DirectoryState,
  type HostState,
  type HostTable,
  type InstanceTable,
  type NetworkTable,
  type RegisteredInstance,
} from '../../server/contract/directory.ts'
import { type GuestAnswer, guestNames } from './guest-names.ts'
import { normalHost } from './host-name.ts'
import { decideChoice, served, startChoice, type Choice, type ChoiceEvent } from './registry-choice.ts'
import { latestOnly, saveHosts, saveInstances, saveNetworks } from './snapshot.ts'
import {
  buildIndex,
  fedInstances,
  rotated,
  stateOf,
  takeHosts,
  takeInstances,
  takeNetwork,
  withdraw,
  type Index,
  type Told,
} from './tables.ts'

export interface Directory {
  /** Addresses for a host, never empty: those of its instances, else the edge's. */
  resolve(host: string): readonly string[]
  /** Whether a certificate may be had for the host. */
  known(host: string): boolean
  look(host: string): HostState
  /** Resolves with the state once the host is served, else when the signal aborts. */
  waitFor(host: string, signal: AbortSignal): Promise<HostState>
  putHosts(table: HostTable): Promise<{ ok: true } | { ok: false; newest: number }>
  putInstances(table: InstanceTable): Promise<void>
  putNetwork(table: NetworkTable): Promise<void>
  /** What the instance at an address may be told of a name outside of the route zone. */
  guest(address: string, name: string): GuestAnswer
  /** Resolves once no router that asked here before goes by an answer with the instance in it. */
  withdraw(node: string, instance: string): Promise<void>
  fed(): readonly RegisteredInstance[]
  state(): DirectoryState
  /** News of Consul, and the passing of time. */
  consul(event: Exclude<ChoiceEvent, { kind: 'fed' }>): void
  /** Called after each change of what agents feed; returns how to stop that. */
  onFed(listener: (instances: readonly RegisteredInstance[]) => void): () => void
}

/** ms between our answer and the moment from which the router counts its age. */
const ANSWER_TAKES = 20

/**
 * Holds what was told and answers from memory. A document is served before it is on disk (a drain must not wait for a
 * disk), and its sender is answered after.
 */
export function openDirectory(options: {
  readonly told: Told
  readonly folder: string
  readonly edge: string
  /** Hosts of the platform itself, which may have certificates too. */
  readonly ownHosts: readonly string[]
  readonly now: () => number
}): Directory {
  let told = options.told
  let choice: Choice = startChoice(fedInstances(told), options.now())
  let index: Index = buildIndex(told, served(choice))
  let guests = guestNames([...told.networks.values()])
  let turn = 0
  /** When the router last asked for an app; it may have done so just before we were started. */
  const asked = new Map<string, number>()
  const startedAt = options.now()
  const ownHosts = new Set(options.ownHosts)
  const fedListeners = new Set<(instances: readonly RegisteredInstance[]) => void>()
  const waiters = new Set<() => void>()
  const keepHosts = latestOnly(() => saveHosts(options.folder, told))
  const keepInstances = latestOnly(() => saveInstances(options.folder, told))
  const keepNetworks = latestOnly(() => saveNetworks(options.folder, told))

  function rebuild() {
    index = buildIndex(told, served(choice))
    for (const waiter of waiters) waiter()
  }
  function decide(event: ChoiceEvent) {
    const before = choice
    choice = decideChoice(choice, event, options.now())
    if (served(choice) !== served(before) || event.kind === 'fed') rebuild()
  }
  function feed(next: Told) {
    told = next
    const instances = fedInstances(told)
    decide({ kind: 'fed', instances })
    for (const listener of fedListeners) listener(instances)
  }
  /** Most apps are not asked for at every moment: there is nothing to wait for then. */
  async function untilRouterAsksAgain(app: string | undefined): Promise<void> {
    if (app === undefined) return
    const rest = (asked.get(app) ?? startedAt) + ROUTER_REFRESH + ANSWER_TAKES - options.now()
    if (rest > 0) await sleep(Math.min(rest, ROUTER_REFRESH + ANSWER_TAKES))
  }
  const look = (host: string) => stateOf(index, normalHost(host))

  return {
    resolve(host) {
      const { addresses } = look(host)
      const app = index.hosts.get(normalHost(host))?.app
      if (app !== undefined) asked.set(app, options.now())
      turn = (turn + 1) % 0x10000
      return addresses.length > 0 ? rotated(addresses, turn) : [options.edge]
    },
    known: (host) => index.hosts.has(normalHost(host)) || ownHosts.has(normalHost(host)),
    look,
    waitFor(host, signal) {
      return new Promise((resolve) => {
        const check = () => {
          const state = look(host)
          const worthIt = state.state === 'no-instance' && state.expects
          if (worthIt && !signal.aborted) return
          waiters.delete(check)
          signal.removeEventListener('abort', check)
          resolve(state)
        }
        waiters.add(check)
        signal.addEventListener('abort', check)
        check()
      })
    },
    async putHosts(table) {
      const taken = takeHosts(told, table)
      if (!taken.ok) return taken
      told = taken.told
      rebuild()
      await keepHosts()
      return { ok: true }
    },
    async putInstances(table) {
      feed(takeInstances(told, table))
      await keepInstances()
    },
    async putNetwork(table) {
      told = takeNetwork(told, table)
      guests = guestNames([...told.networks.values()])
      await keepNetworks()
    },
    guest(address, name) {
      const answer = guests(address, name)
      if (typeof answer === 'string') return answer
      turn = (turn + 1) % 0x10000
      return rotated(answer, turn)
    },
    async withdraw(node, instance) {
      const app = fedInstances(told).find(({ id }) => id === instance)?.app
      feed(withdraw(told, node, instance))
      await Promise.all([keepInstances(), untilRouterAsksAgain(app)])
    },
    fed: () => fedInstances(told),
    state: () => ({
      registry: choice.active,
      hosts: index.hosts.size,
      instances: [...served(choice)],
      since: choice.since,
    }),
    consul: decide,
    onFed(listener) {
      fedListeners.add(listener)
      return () => fedListeners.delete(listener)
    },
  }
}

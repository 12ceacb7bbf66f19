import type {
  DirectoryState,
  HostState,
  HostTable,
  InstanceTable,
  RegisteredInstance,
} from '../../server/contract/directory.ts'
import { normalHost } from './host-name.ts'
import { decideChoice, served, startChoice, type Choice, type ChoiceEvent } from './registry-choice.ts'
import { latestOnly, saveHosts, saveInstances } from './snapshot.ts'
import {
  buildIndex,
  fedInstances,
  rotated,
  stateOf,
  takeHosts,
  takeInstances,
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
  withdraw(node: string, instance: string): Promise<void>
  fed(): readonly RegisteredInstance[]
  state(): DirectoryState
  /** News of Consul, and the passing of time. */
  consul(event: Exclude<ChoiceEvent, { kind: 'fed' }>): void
  /** Called after each change of what agents feed; returns how to stop that. */
  onFed(listener: (instances: readonly RegisteredInstance[]) => void): () => void
}

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
  let turn = 0
  const ownHosts = new Set(options.ownHosts)
  const fedListeners = new Set<(instances: readonly RegisteredInstance[]) => void>()
  const waiters = new Set<() => void>()
  const keepHosts = latestOnly(() => saveHosts(options.folder, told))
  const keepInstances = latestOnly(() => saveInstances(options.folder, told))

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
  const look = (host: string) => stateOf(index, normalHost(host))

  return {
    resolve(host) {
      const { addresses } = look(host)
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
    async withdraw(node, instance) {
      feed(withdraw(told, node, instance))
      await keepInstances()
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

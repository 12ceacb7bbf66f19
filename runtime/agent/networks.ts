import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppNetwork, type EgressHost } from '../../server/contract/network.ts'
import type { Endpoint } from '../command/nft.ts'
import { type Guest, type GuestTable, guestTable } from '../command/nft-guests.ts'
import { APP_PORT } from '../installation.ts'
import { hostsOf, networkTable, registryEndpoints, registryHosts } from '../network/network-table.ts'
import { addressesOf, Pins, renewPins } from '../network/pins.ts'
import type { DirectoryClient } from './directory-client.ts'
import type { InstanceRecord } from './instance-record.ts'
import { answersByName } from './route-instance.ts'
import { writeWhole } from './write-file.ts'

const Stored = z.object({ version: z.literal(1), apps: z.array(AppNetwork), pins: Pins })

/** ms that a restricted instance waits for the directory; without it names are closed to it, not open. */
const DIRECTORY_MS = 2000
const RETRY_MS = 1000

export interface NetworksOptions {
  readonly file: string
  readonly node: string
  readonly bridge: string
  /** null: the fake driver, whose instances have no network of their own. */
  readonly firewall: { setGuests(guests: GuestTable, registries: readonly Endpoint[]): Promise<void> } | null
  readonly directory: DirectoryClient
  readonly registries: () => readonly string[]
  /** Every instance that has an address. */
  readonly present: () => readonly InstanceRecord[]
  readonly warn: (message: string, error?: unknown) => void
}

/** Keeps firewall and directory at what the server decided about apps and what runs on this node. */
export interface Networks {
  /** Takes the server's whole word; resolves when it holds. */
  take(apps: readonly AppNetwork[]): Promise<void>
  /** Takes what came with an order to start. */
  learn(network: AppNetwork | undefined): void
  /** Resolves once an instance of the app may get its address: at once if nothing is decided about the app. */
  admit(app: string): Promise<void>
  /** The instance is gone, its address not yet given away. */
  dismiss(id: string): Promise<void>
  /** Something is ready, or not any more. */
  changed(): void
  /** Looks the names up again. */
  refresh(): Promise<void>
  hosts(app: string): EgressHost[]
  /** What the table has to hold for these before anything else happens. */
  table(records: readonly InstanceRecord[]): { guests: GuestTable; registries: Endpoint[] }
  close(): void
}

export function createNetworks(options: NetworksOptions): Networks {
  const stored = load(options.file, options.warn)
  let networks = new Map<string, AppNetwork>(stored.apps.map((one) => [one.app, one]))
  let pins = stored.pins
  let told = ''
  let closed = false
  let timer: NodeJS.Timeout | null = null
  const dismissed = new Set<string>()
  const facts = { bridge: options.bridge, port: APP_PORT }
  const registries = () =>
    [...networks.values()].some(({ egress }) => egress.policy === 'registries')
      ? registryHosts(options.registries())
      : []
  const guests = () =>
    options.present().flatMap((record) => (dismissed.has(record.spec.id) ? [] : [guestOf(record)]))
  const isRestricted = (app: string) => (networks.get(app)?.egress.policy ?? 'open') !== 'open'
  const wanted = () => [...new Set([...networks.values()].flatMap((one) => hostsOf(one, registries())))]

  function table(present: readonly Guest[]): { guests: GuestTable; registries: Endpoint[] } {
    const addresses = new Map(Object.keys(pins).map((host) => [host, addressesOf(pins, host)]))
    return {
      guests: guestTable(facts, present, networks, addresses),
      registries: registryEndpoints(registries(), pins),
    }
  }

  function save(): void {
    const document: z.infer<typeof Stored> = { version: 1, apps: [...networks.values()], pins }
    writeWhole(options.file, JSON.stringify(document))
  }

  /** The firewall first: the directory must not tell an address that is still closed. */
  async function apply(): Promise<void> {
    if (options.firewall === null) return
    const present = guests()
    const next = table(present)
    await options.firewall.setGuests(next.guests, next.registries)
    tell(present)
  }

  let telling: Promise<void> = Promise.resolve()
  function tell(present: readonly Guest[]): void {
    const document = networkTable(options.node, present, networks, registries(), pins)
    const text = JSON.stringify(document)
    if (text === told) return
    told = text
    telling = telling
      .then(() => options.directory.putNetwork(document))
      .catch(async () => {
        // It may only be starting; the next look tells it everything again.
        if (told === text) told = ''
        if (closed) return
        await sleep(RETRY_MS, undefined, { ref: false })
        soon(0)
      })
  }

  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  /** One at a time; those who ask meanwhile share the next one, which has all of their changes. */
  function sync(): Promise<void> {
    if (running === null) {
      running = apply().finally(() => (running = null))
      return running
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null
        return sync()
      })
    return next
  }

  function soon(delay: number): void {
    if (timer !== null || closed) return
    timer = setTimeout(() => {
      timer = null
      sync().catch((error: unknown) => options.warn('The rules of instances cannot be renewed', error))
    }, delay)
    timer.unref()
  }

  async function refresh(): Promise<void> {
    // A directory that was restarted may have come back with an older word of ours.
    told = ''
    const hosts = wanted()
    if (hosts.length > 0) {
      const found = await options.directory.resolve(hosts).catch(() => ({}))
      pins = renewPins(pins, hosts, found, Date.now())
      save()
    }
    await sync()
  }

  return {
    refresh,
    async take(apps) {
      const fresh = new Map(apps.map((one) => [one.app as string, one]))
      const running = new Set(guests().map(({ app }) => app))
      for (const [app, mine] of networks) {
        const theirs = fresh.get(app)
        // An order to start may have brought what the server decided after it wrote this document.
        if (theirs === undefined ? running.has(app) : mine.revision > theirs.revision) fresh.set(app, mine)
      }
      const same = JSON.stringify([...fresh]) === JSON.stringify([...networks])
      networks = fresh
      if (!same) save()
      if (same || wanted().every((host) => addressesOf(pins, host).length > 0)) await sync()
      else await refresh()
    },
    learn(network) {
      if (network === undefined) return
      const known = networks.get(network.app)
      if (known !== undefined && known.revision >= network.revision) return
      networks = new Map(networks).set(network.app, network)
      save()
    },
    async admit(app) {
      dismissedAgain(dismissed, options.present())
      if (!isRestricted(app)) return soon(0)
      const missing = wanted().some((host) => addressesOf(pins, host).length === 0)
      await (missing ? Promise.race([refresh(), sleep(DIRECTORY_MS).then(sync)]) : sync())
      await Promise.race([telling, sleep(DIRECTORY_MS, undefined, { ref: false })])
    },
    async dismiss(id) {
      dismissed.add(id)
      await sync()
    },
    changed: () => soon(0),
    hosts(app) {
      const network = networks.get(app)
      if (network === undefined) return []
      return hostsOf(network, registries()).map((host) => ({ host, addresses: addressesOf(pins, host) }))
    },
    table: (records) => table(records.map(guestOf)),
    close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** Those that are gone altogether need not be remembered. */
function dismissedAgain(dismissed: Set<string>, present: readonly InstanceRecord[]): void {
  const ids = new Set<string>(present.map(({ spec }) => spec.id))
  for (const id of dismissed) if (!ids.has(id)) dismissed.delete(id)
}

function guestOf(record: InstanceRecord): Guest {
  const { spec, placement } = record
  return {
    app: spec.app,
    appName: spec.appName,
    type: spec.type,
    address: placement.address,
    ready: answersByName(record),
  }
}

function load(file: string, warn: NetworksOptions['warn']): z.infer<typeof Stored> {
  const none = { version: 1 as const, apps: [], pins: {} }
  if (!existsSync(file)) return none
  try {
    return Stored.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    // Its instances would be open that were closed; the server tells everything again within a moment.
    warn(`${file} cannot be read; what apps may reach is not known until the server tells it`, error)
    return none
  }
}

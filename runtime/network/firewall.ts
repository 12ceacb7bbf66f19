import { existsSync, writeFileSync } from 'node:fs'
import { lookup } from 'node:dns/promises'
import { z } from 'zod'
import { bridgeLines } from '../command/link.ts'
import { type Endpoint, firewall, type FirewallFacts, registriesUpdate } from '../command/nft.ts'
import { guestChanges, type GuestTable, noGuests } from '../command/nft-guests.ts'
import { run, tryRun } from '../exec.ts'
import { networkOf } from './address.ts'
import { acceptInForeignTables, removeFromForeignTables } from './foreign-tables.ts'

/** What the firewall is made of, except what the machine itself tells (uplink and its neighbours). */
export type FirewallOptions = Omit<FirewallFacts, 'uplink' | 'neighbours' | 'registries'>

export interface Firewall {
  /**
   * Makes bridge and table, with the rules of guests that run already; throws if it cannot be had, and then nothing may
   * be started.
   */
  load(guests?: GuestTable, registries?: readonly Endpoint[]): Promise<void>
  /**
   * Makes the rules of guests exactly these, and the registries that the policy of that name opens; one transaction,
   * and none where nothing changed.
   */
  setGuests(guests: GuestTable, registries: readonly Endpoint[]): Promise<void>
  /** Reads the routes again; a changed uplink replaces the table. */
  refresh(): Promise<void>
  /** Lets cells reach the hosts of these URLs. Names that do not resolve are left out. */
  allowRegistries(urls: readonly string[]): Promise<void>
  /** Whether table and bridge are there. */
  present(): Promise<boolean>
  remove(): Promise<void>
}

const Routes = z.array(z.object({ dev: z.string().optional(), metric: z.number().optional() }))
const Addresses = z.array(
  z.object({
    addr_info: z
      .array(z.object({ family: z.string(), local: z.string(), prefixlen: z.number() }).partial())
      .optional(),
  }),
)

/** Device of the default route with the lowest metric, and the networks it is part of. */
export async function findUplink(): Promise<{ uplink: string | null; neighbours: string[] }> {
  const routes = Routes.parse(JSON.parse((await run(['ip', '-j', '-4', 'route', 'show', 'default'])) || '[]'))
  const [best] = routes
    .filter((route) => route.dev !== undefined)
    .sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0))
  if (best?.dev === undefined) return { uplink: null, neighbours: [] }
  const addresses = Addresses.parse(
    JSON.parse((await run(['ip', '-j', '-4', 'address', 'show', 'dev', best.dev])) || '[]'),
  )
  const neighbours = addresses
    .flatMap((entry) => entry.addr_info ?? [])
    .flatMap(({ local, prefixlen }) =>
      local === undefined || prefixlen === undefined ? [] : [networkOf(local, prefixlen)],
    )
  return { uplink: best.dev, neighbours: [...new Set(neighbours)] }
}

async function resolve(url: string): Promise<Endpoint[]> {
  if (!URL.canParse(url)) return []
  const { hostname, port, protocol } = new URL(url)
  const number = port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port)
  try {
    return (await lookup(hostname, { all: true, family: 4 })).map(({ address }) => ({
      address,
      port: number,
    }))
  } catch {
    // An unreachable resolver must not stop a build that may need nothing from this host.
    return []
  }
}

function forwarding(device: string): void {
  writeFileSync(`/proc/sys/net/ipv4/conf/${device}/forwarding`, '1')
}

export function createFirewall(options: FirewallOptions): Firewall {
  let applied: string | null = null
  let registries: readonly Endpoint[] = []
  let guests: GuestTable = noGuests
  let guestRegistries: readonly Endpoint[] = []

  /** One change at a time: each is made of what the one before it left. */
  let last: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }

  async function apply(): Promise<void> {
    const found = await findUplink()
    const text = firewall({ ...options, ...found, registries })
    if (text === applied && (await present())) return
    // In the same transaction as the table: without these lines a restricted guest would be open for a moment.
    const own = `${guestChanges(options.table, noGuests, guests)}${registriesUpdate(options.table, guestRegistries, 'guest_registries')}`
    await run(['nft', '-f', '-'], { input: `${text}${own}` })
    // Only now may packets pass: before the table stands nothing is forwarded.
    forwarding(options.bridge)
    if (found.uplink !== null) forwarding(found.uplink)
    await acceptInForeignTables(options.bridge)
    applied = text
  }

  async function present(): Promise<boolean> {
    if (!existsSync(`/sys/class/net/${options.bridge}`)) return false
    return (await tryRun(['nft', 'list', 'chain', 'inet', options.table, 'guest_out'])).code === 0
  }

  return {
    present,
    refresh: () => inTurn(apply),
    async load(running = noGuests, open = []) {
      guests = running
      guestRegistries = open
      const prefix = Number(options.range.split('/')[1])
      if (!existsSync(`/sys/class/net/${options.bridge}`))
        await run(['ip', '-batch', '-'], { input: bridgeLines(options.bridge, options.gateway, prefix) })
      const ipv6 = `/proc/sys/net/ipv6/conf/${options.bridge}/disable_ipv6`
      if (existsSync(ipv6)) writeFileSync(ipv6, '1')
      // The guests' resolver is a loopback port of this host; nft lets nothing else of loopback be reached.
      writeFileSync(`/proc/sys/net/ipv4/conf/${options.bridge}/route_localnet`, '1')
      // Ports are isolated, so guests never hear each other's answers. The bridge answers in their place, linked guests
      // send to it, and the table decides whether that is forwarded back.
      writeFileSync(`/proc/sys/net/ipv4/conf/${options.bridge}/proxy_arp_pvlan`, '1')
      // Otherwise it lets a first question wait for up to 0.8 s, each way.
      writeFileSync(`/proc/sys/net/ipv4/neigh/${options.bridge}/proxy_delay`, '0')
      await inTurn(apply)
      if (!(await present()))
        throw new Error(
          `The firewall table ${options.table} did not load; nothing is started without it. Look at \`nft list ruleset\`.`,
        )
    },
    async allowRegistries(urls) {
      const found = (await Promise.all([...new Set(urls)].map(resolve))).flat()
      const unique = [
        ...new Map(found.map((endpoint) => [`${endpoint.address}:${endpoint.port}`, endpoint])).values(),
      ]
      if (JSON.stringify(unique) === JSON.stringify(registries)) return
      await inTurn(async () => {
        registries = unique
        await run(['nft', '-f', '-'], { input: registriesUpdate(options.table, unique) })
        applied = null
      })
    },
    setGuests: (next, open) =>
      inTurn(async () => {
        const other = JSON.stringify(open) !== JSON.stringify(guestRegistries)
        const opened = other ? registriesUpdate(options.table, open, 'guest_registries') : ''
        const text = `${guestChanges(options.table, guests, next)}${opened}`
        if (text === '') return
        await run(['nft', '-f', '-'], { input: text })
        guests = next
        guestRegistries = open
      }),
    async remove() {
      await removeFromForeignTables(options.bridge)
      await tryRun(['nft', 'delete', 'table', 'inet', options.table])
      await tryRun(['ip', 'link', 'delete', options.bridge])
      applied = null
    },
  }
}

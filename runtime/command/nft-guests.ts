import type { AppNetwork, EgressRule } from '../../server/contract/network.ts'

/** One instance that has an address, as the firewall and the directory see it. */
export interface Guest {
  readonly app: string
  readonly appName: string
  readonly type: string
  readonly address: string
  readonly ready: boolean
}

/** What the table has to hold for guests whose app is not left to the general rules. */
export interface GuestTable {
  /** Names of chains with their rules. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** Names of sets of addresses with their elements. */
  readonly sets: ReadonlyMap<string, ReadonlySet<string>>
  /** Address → chain that decides on what it sends. */
  readonly map: ReadonlyMap<string, string>
}

export const noGuests: GuestTable = { chains: new Map(), sets: new Map(), map: new Map() }

/** Address of registries as `address . port`. */
export type Pins = ReadonlyMap<string, readonly string[]>

const REJECT = 'reject with icmp type admin-prohibited'

const key = (app: string) => app.replaceAll('-', '')
const chainOf = (app: string) => `app_${key(app)}`
const ownSet = (app: string) => `own_${key(app)}`
const webSet = (app: string) => `web_${key(app)}`

/** The apps that need rules of their own: those with a policy or a link, and those of more than one process type. */
export function ruledApps(guests: readonly Guest[], networks: ReadonlyMap<string, AppNetwork>): Set<string> {
  const ruled = new Set<string>()
  const types = new Map<string, string>()
  for (const { app, type } of guests) {
    const network = networks.get(app)
    if (network !== undefined && (network.egress.policy !== 'open' || network.links.length > 0))
      ruled.add(app)
    const first = types.get(app)
    if (first === undefined) types.set(app, type)
    else if (first !== type) ruled.add(app)
  }
  return ruled
}

/**
 * What the table should hold. An app with the default policy, no link and one process type costs nothing in it. A
 * chain sees every packet that a guest sends, not only the first of a connection, so a change holds at once.
 */
export function guestTable(
  facts: { readonly bridge: string; readonly port: number },
  guests: readonly Guest[],
  networks: ReadonlyMap<string, AppNetwork>,
  pins: Pins,
): GuestTable {
  const ruled = ruledApps(guests, networks)
  const sets = new Map<string, Set<string>>()
  const chains = new Map<string, readonly string[]>()
  const map = new Map<string, string>()
  const targets = new Set([...ruled].flatMap((app) => networks.get(app)?.links ?? []))
  for (const app of ruled) sets.set(ownSet(app), new Set())
  for (const app of targets) sets.set(webSet(app), new Set())
  for (const { app, type, address } of guests) {
    if (type === 'web') sets.get(webSet(app))?.add(address)
    if (!ruled.has(app)) continue
    sets.get(ownSet(app))?.add(address)
    map.set(address, chainOf(app))
  }
  for (const app of ruled) {
    const network = networks.get(app)
    const on = `oifname "${facts.bridge}"`
    chains.set(chainOf(app), [
      // Answers to those who reached the instance; whether they might was decided on their way in.
      'ct direction reply ct state established,related accept',
      `${on} ip daddr @${ownSet(app)} accept`,
      ...(network?.links ?? []).map(
        (other) => `${on} ip daddr @${webSet(other)} tcp dport ${facts.port} accept`,
      ),
      `${on} ${REJECT}`,
      ...egressLines(network?.egress ?? { policy: 'open', rules: [] }, pins),
    ])
  }
  return { chains, sets, map }
}

/** `return` goes on with the general rules, which keep private networks closed. */
function egressLines({ policy, rules }: AppNetwork['egress'], pins: Pins): string[] {
  switch (policy) {
    case 'open':
      return []
    case 'none':
      return [REJECT]
    case 'registries':
      return ['ip daddr . tcp dport @guest_registries accept', REJECT]
    case 'allow':
      return [...rules.flatMap((rule) => ruleLine(rule, pins)), REJECT]
    default:
      return policy satisfies never
  }
}

function ruleLine({ target, ports }: EgressRule, pins: Pins): string[] {
  const addresses = target.kind === 'network' ? [target.network] : (pins.get(target.host) ?? [])
  // A name that could not be resolved opens nothing.
  if (addresses.length === 0) return []
  const to = `ip daddr { ${addresses.toSorted().join(', ')} }`
  if (ports === null) return [`${to} return`]
  return [`${to} meta l4proto { tcp, udp } th dport ${ports[0]}-${ports[1]} return`]
}

/** nft lines, of one transaction, that make `next` of a table that holds `before`; empty if nothing differs. */
export function guestChanges(table: string, before: GuestTable, next: GuestTable): string {
  const at = `inet ${table}`
  const lines: string[] = []
  for (const name of next.sets.keys())
    if (!before.sets.has(name)) lines.push(`add set ${at} ${name} { type ipv4_addr; }`)
  for (const [name, elements] of next.sets) {
    const had = before.sets.get(name) ?? new Set()
    lines.push(...change(`${at} ${name}`, had, elements))
  }
  for (const [name, rules] of next.chains) {
    const had = before.chains.get(name)
    if (had !== undefined && had.join('\n') === rules.join('\n')) continue
    lines.push(had === undefined ? `add chain ${at} ${name}` : `flush chain ${at} ${name}`)
    lines.push(...rules.map((rule) => `add rule ${at} ${name} ${rule}`))
  }
  const verdicts = (map: GuestTable['map']) =>
    new Set([...map].map(([address, chain]) => `${address} : jump ${chain}`))
  lines.push(...change(`${at} guests`, verdicts(before.map), verdicts(next.map)))
  for (const name of before.chains.keys())
    if (!next.chains.has(name)) lines.push(`flush chain ${at} ${name}`, `delete chain ${at} ${name}`)
  for (const name of before.sets.keys()) if (!next.sets.has(name)) lines.push(`delete set ${at} ${name}`)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function change(where: string, before: ReadonlySet<string>, next: ReadonlySet<string>): string[] {
  const gone = [...before].filter((element) => !next.has(element))
  const fresh = [...next].filter((element) => !before.has(element))
  return [
    ...(gone.length === 0 ? [] : [`delete element ${where} { ${gone.join(', ')} }`]),
    ...(fresh.length === 0 ? [] : [`add element ${where} { ${fresh.join(', ')} }`]),
  ]
}

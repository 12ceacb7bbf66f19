/** What may reach what. Everything that is not named here is dropped. */
export interface FirewallFacts {
  readonly table: string
  readonly bridge: string
  /** All guests, e.g. `10.200.0.0/18`. */
  readonly range: string
  readonly gateway: string
  readonly cells: string
  readonly dnsPort: number
  /** null: no way out of this machine. */
  readonly uplink: string | null
  /** Networks of the uplink's own addresses: neighbours of the machine, not of the apps. */
  readonly neighbours: readonly string[]
  /** Package registries, also private ones: cells may reach these. */
  readonly registries: readonly Endpoint[]
  /** Users on this host that may open connections to instances: the router, the edge and the prober. */
  readonly callers: readonly number[]
  readonly router: {
    readonly uid: number
    readonly loopbackPorts: readonly number[]
    readonly edge: Endpoint
  } | null
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Never a guest's business: this machine, its neighbours, private networks, metadata, multicast. Documentation ranges are not in it: mirrors may sit there. */
export const PRIVATE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  // Azure's and Oracle's metadata: public by their numbers.
  '168.63.129.16/32',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
] as const

const MAIL = '{ 25, 465, 587 }'

function list(values: readonly (string | number)[]): string {
  return `{ ${values.join(', ')} }`
}

/** An `nft -f` text that replaces the installation's table as one transaction. */
export function firewall(facts: FirewallFacts): string {
  const elements = (values: readonly string[]) => (values.length === 0 ? '' : `elements = ${list(values)};`)
  const registries = facts.registries.map(({ address, port }) => `${address} . ${port}`)
  return `table inet ${facts.table}
delete table inet ${facts.table}
table inet ${facts.table} {
  set private { type ipv4_addr; flags interval; auto-merge; ${elements([...PRIVATE, ...facts.neighbours])} }
  set registries { type ipv4_addr . inet_service; ${elements(registries)} }
  set guest_registries { type ipv4_addr . inet_service; }
  map guests { type ipv4_addr : verdict; }
  chain prerouting {
    type nat hook prerouting priority dstnat - 5; policy accept;
    iifname "${facts.bridge}" ip daddr ${facts.gateway} udp dport 53 dnat ip to 127.0.0.1:${facts.dnsPort}
    iifname "${facts.bridge}" ip daddr ${facts.gateway} tcp dport 53 dnat ip to 127.0.0.1:${facts.dnsPort}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat - 5; policy accept;
${facts.uplink === null ? '' : `    ip saddr ${facts.range} oifname "${facts.uplink}" masquerade\n`}  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    iifname "${facts.bridge}" jump from_guest
  }
  chain from_guest {
    ct state established,related accept
    ct status dnat udp dport ${facts.dnsPort} accept
    ct status dnat tcp dport ${facts.dnsPort} accept
    drop
  }
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    iifname "${facts.bridge}" jump guest_out
    oifname "${facts.bridge}" jump guest_in
  }
  chain guest_in {
    ct state established,related accept
    drop
  }
  chain guest_out {
    meta nfproto ipv6 drop
    ip saddr vmap @guests
    oifname "${facts.bridge}" ct direction original reject with icmp type admin-prohibited
    ct state established,related accept
    tcp dport ${MAIL} reject with tcp reset
    ip saddr ${facts.cells} ip daddr . tcp dport @registries accept
    ip daddr @private reject with icmp type admin-prohibited
${facts.uplink === null ? '' : `    oifname "${facts.uplink}" accept\n`}    drop
  }
  chain output {
    type filter hook output priority filter - 5; policy accept;
    oifname "${facts.bridge}" jump to_guest
${facts.router === null ? '' : `    meta skuid ${facts.router.uid} jump from_router\n`}  }
  chain to_guest {
    icmp type redirect drop
    ct state established,related accept
${facts.callers.length === 0 ? '' : `    meta skuid ${list(facts.callers)} ip daddr ${facts.range} accept\n`}    reject with icmpx type admin-prohibited
  }
${facts.router === null ? '' : fromRouter(facts.router.loopbackPorts, facts.router.edge)}}
`
}

/** The router serves whatever name a stranger sends: it may call this installation's parts and public addresses only. */
function fromRouter(ports: readonly number[], edge: Endpoint): string {
  return `  chain from_router {
    ct state established,related accept
    ip daddr 127.0.0.0/8 meta l4proto { tcp, udp } th dport ${list(ports)} accept
    ip daddr ${edge.address} tcp dport ${edge.port} accept
    meta l4proto { tcp, udp } th dport 53 accept
    ip daddr @private reject with icmp type admin-prohibited
    ip6 daddr { ::1, fc00::/7, fe80::/10 } reject with icmpv6 type admin-prohibited
  }
`
}

/** Replaces what cells may reach besides the public network, or what guests with the policy `registries` may reach at all. */
export function registriesUpdate(
  table: string,
  registries: readonly Endpoint[],
  set: 'registries' | 'guest_registries' = 'registries',
): string {
  const elements = registries.map(({ address, port }) => `${address} . ${port}`)
  return `flush set inet ${table} ${set}\n${elements.length === 0 ? '' : `add element inet ${table} ${set} ${list(elements)}\n`}`
}

/** Lines for `ip -batch`: a network namespace with one veth whose other end is an isolated port of the bridge. */
export interface LinkFacts {
  readonly netns: string
  readonly link: string
  readonly bridge: string
  readonly address: string
  readonly prefix: number
  readonly gateway: string
}

/**
 * The hardware address that belongs to an IPv4 address: whoever gets an address after another guest gets this one with
 * it. A random one would be unknown to the neighbour tables, and a connection to it waited up to 40 s for them to
 * forget the guest before. Locally administered, so no device has it. Pure.
 */
export function hardwareAddress(address: string): string {
  const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))
  return ['02', '00', ...octets].join(':')
}

export function outsideLines(facts: LinkFacts): string {
  return [
    `netns add ${facts.netns}`,
    `link add ${facts.link} type veth peer name eth0 address ${hardwareAddress(facts.address)} netns ${facts.netns}`,
    `link set ${facts.link} master ${facts.bridge}`,
    `link set ${facts.link} type bridge_slave isolated on`,
    `link set ${facts.link} addrgenmode none up`,
    '',
  ].join('\n')
}

export function insideLines(facts: LinkFacts): string {
  return [
    `address add ${facts.address}/${facts.prefix} dev eth0`,
    'link set lo up',
    'link set eth0 up',
    `route add default via ${facts.gateway}`,
    '',
  ].join('\n')
}

export function bridgeLines(bridge: string, gateway: string, prefix: number): string {
  return [
    // Without one of its own it takes that of a guest's link, and another when that guest ends.
    `link add ${bridge} address ${hardwareAddress(gateway)} type bridge`,
    `address add ${gateway}/${prefix} dev ${bridge}`,
    `link set ${bridge} addrgenmode none up`,
    '',
  ].join('\n')
}

/** Written inside a namespace before its link comes up: no IPv6, and apps may listen below 1024. */
export const INSIDE_SYSCTLS = [
  'net/ipv6/conf/all/disable_ipv6=1',
  'net/ipv6/conf/default/disable_ipv6=1',
  'net/ipv4/ip_unprivileged_port_start=0',
] as const

import type { EgressPolicy, EgressRule } from '../contract/network.ts'

/** Closed for every instance, whatever its app's policy (the node has the same list, and its own neighbours). */
const CLOSED: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
]

export type ReadRule =
  | { readonly ok: true; readonly rule: EgressRule }
  | { readonly ok: false; readonly reason: string }

const refused = (reason: string): ReadRule => ({ ok: false, reason })

/**
 * Reads one entry of an allow list: `api.example.com`, `203.0.113.7:5432`, `198.51.100.0/24:8000-8100`. What could
 * never be opened is refused with the reason, so that no entry stands there without effect. Pure.
 */
export function readEgressRule(text: string): ReadRule {
  const entry = text.trim().toLowerCase()
  if (entry.includes('[') || entry.split(':').length > 2)
    return refused('IPv6 is closed for instances; name an IPv4 address or a host')
  if (entry.includes('://')) return refused('give the host alone, without a scheme or a path')
  const [name = '', portText] = entry.split(':')
  const ports = portText === undefined ? null : readPorts(portText)
  if (ports === 'wrong')
    return refused(`${portText ?? ''} is no port (1 to 65535) and no range such as 8000-8100`)
  if (name.includes('*')) return refused('names with * are not resolved; list each host')
  if (/^\d+(\.\d+){3}(\/\d+)?$/.test(name)) return readNetwork(name, ports)
  if (name.includes('/')) return refused('give a host, an IPv4 address, or a network such as 198.51.100.0/24')
  if (!/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/.test(name) || name.length > 253)
    return refused('it is no host name with a dot, no IPv4 address and no network')
  if (name.endsWith('.internal'))
    return refused('names of other apps are opened with `skypanel links:add`, not here')
  return { ok: true, rule: { target: { kind: 'host', host: name }, ports } }
}

function readPorts(text: string): [number, number] | 'wrong' {
  const [, first, , last] = /^(\d{1,5})(-(\d{1,5}))?$/.exec(text) ?? []
  if (first === undefined) return 'wrong'
  const from = Number(first)
  const to = last === undefined ? from : Number(last)
  return from >= 1 && to <= 65_535 && from <= to ? [from, to] : 'wrong'
}

function readNetwork(text: string, ports: [number, number] | null): ReadRule {
  const [address = '', prefixText = '32'] = text.split('/')
  const prefix = Number(prefixText)
  const octets = address.split('.').map(Number)
  if (octets.some((octet) => octet > 255) || prefix > 32) return refused('it is no IPv4 address or network')
  const start = number(address)
  const size = 2 ** (32 - prefix)
  if (start % size !== 0)
    return refused(`it is no network: ${dotted(Math.floor(start / size) * size)}/${prefix} would be one`)
  const closed = CLOSED.find(([base, bits]) => {
    const other = number(base)
    return other <= start && start + size <= other + 2 ** (32 - bits)
  })
  if (closed !== undefined)
    return refused(`${closed[0]}/${closed[1]} is not public and stays closed for every instance`)
  return { ok: true, rule: { target: { kind: 'network', network: `${address}/${prefix}` }, ports } }
}

const number = (address: string) => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)

const dotted = (value: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

/** How a rule is shown and stored: as it can be read again. */
export function showEgressRule({ target, ports }: EgressRule): string {
  const name = target.kind === 'host' ? target.host : target.network.replace(/\/32$/, '')
  if (ports === null) return name
  return `${name}:${ports[0]}${ports[1] === ports[0] ? '' : `-${ports[1]}`}`
}

/** What is wrong with a policy and its list; null if nothing. Only `allow` has a list, and it must have one. */
export function refuseEgress(policy: EgressPolicy, allow: readonly string[]): string | null {
  if (policy === 'allow' && allow.length === 0)
    return 'An allow list needs at least one host; `none` closes everything'
  if (policy !== 'allow' && allow.length > 0) return `${policy} takes no list of hosts; only allow does`
  for (const entry of allow) {
    const read = readEgressRule(entry)
    if (!read.ok) return `${JSON.stringify(entry)} cannot be allowed: ${read.reason}`
  }
  return null
}

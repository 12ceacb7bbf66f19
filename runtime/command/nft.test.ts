import { expect, test } from 'vitest'
import { type FirewallFacts, firewall, PRIVATE, registriesUpdate } from './nft.ts'

const facts: FirewallFacts = {
  table: 'skypanel_ab12',
  bridge: 'spab12',
  range: '10.200.0.0/18',
  gateway: '10.200.0.1',
  cells: '10.200.48.0/20',
  dnsPort: 5353,
  uplink: 'eth0',
  neighbours: ['192.0.2.0/24'],
  registries: [{ address: '10.1.1.1', port: 4873 }],
  callers: [991, 992],
  router: { uid: 992, loopbackPorts: [5353, 4001], edge: { address: '127.77.171.18', port: 5000 } },
}
const chain = (text: string, name: string) =>
  new RegExp(`chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*)\\n  \\}`)
    .exec(text)?.[1]
    ?.split('\n')
    .map((line) => line.trim()) ?? []

test('a guest may go nowhere but to the public network, and ends with a drop', () => {
  const out = chain(firewall(facts), 'guest_out')
  expect(out.at(-1)).toBe('drop')
  expect(out.indexOf('ip daddr @private reject with icmp type admin-prohibited')).toBeLessThan(
    out.indexOf('oifname "eth0" accept'),
  )
  expect(chain(firewall(facts), 'from_guest').at(-1)).toBe('drop')
  expect(chain(firewall(facts), 'guest_in').at(-1)).toBe('drop')
})

test('private networks, neighbours and metadata are closed; documentation ranges are not', () => {
  const text = firewall(facts)
  for (const network of [...PRIVATE, '192.0.2.0/24']) expect(text).toContain(network)
  expect(PRIVATE.some((network) => network.startsWith('203.0.113') || network.startsWith('192.0.2'))).toBe(
    false,
  )
})

test('registries open for cells alone, before private networks close', () => {
  const out = chain(firewall(facts), 'guest_out')
  const open = out.indexOf('ip saddr 10.200.48.0/20 ip daddr . tcp dport @registries accept')
  expect(open).toBeGreaterThan(-1)
  expect(open).toBeLessThan(out.findIndex((line) => line.includes('@private')))
  expect(registriesUpdate('t', [])).toBe('flush set inet t registries\n')
})

test('only the named users of this host may call instances', () => {
  const to = chain(firewall(facts), 'to_guest')
  expect(to).toContain('meta skuid { 991, 992 } ip daddr 10.200.0.0/18 accept')
  expect(to.at(-1)).toMatch(/^reject/)
  expect(chain(firewall({ ...facts, callers: [] }), 'to_guest').some((line) => line.includes('skuid'))).toBe(
    false,
  )
})

test('the router may call the edge at its own address, or every unknown host would be a time-out', () => {
  const from = chain(firewall(facts), 'from_router')
  expect(from).toContain('ip daddr 127.77.171.18 tcp dport 5000 accept')
  expect(from.indexOf('ip daddr 127.77.171.18 tcp dport 5000 accept')).toBeLessThan(
    from.findIndex((line) => line.includes('@private')),
  )
})

test('without an uplink nothing goes out, and nothing is masqueraded', () => {
  const text = firewall({ ...facts, uplink: null })
  expect(text).not.toContain('masquerade')
  expect(chain(text, 'guest_out').filter((line) => line.endsWith('accept'))).toEqual([
    'ct state established,related accept',
    'ip saddr 10.200.48.0/20 ip daddr . tcp dport @registries accept',
  ])
})

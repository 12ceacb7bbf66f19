import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NetworkTable } from '../../server/contract/directory.ts'
import { AppId } from '../../server/contract/ids.ts'
import type { AppNetwork } from '../../server/contract/network.ts'
import { spec } from '../../test/support/fake-agent.ts'
import { type GuestTable, noGuests } from '../command/nft-guests.ts'
import type { InstanceRecord } from './instance-record.ts'
import { createNetworks } from './networks.ts'

const A = AppId.parse('0198c0de-0000-7000-8000-000000000001')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skypanel-networks-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const network = (revision: number, egress: Partial<AppNetwork['egress']>): AppNetwork => ({
  app: A,
  revision,
  egress: { policy: 'open', rules: [], ...egress },
  links: [],
})
const record = (address: string): InstanceRecord => ({
  spec: spec('fake', { app: A }),
  placement: { index: 0, address, folder, uidBase: 0 },
  handle: null,
  state: {
    version: 1,
    status: { status: 'starting', since: 0 },
    ending: null,
    cleared: false,
    forgotten: null,
  },
})

/** A firewall that remembers what it was given, and a directory that knows one name. */
function world() {
  const seen: { guests: GuestTable; table: NetworkTable | null; order: string[]; records: InstanceRecord[] } =
    {
      guests: noGuests,
      table: null,
      order: [],
      records: [],
    }
  const open = () =>
    createNetworks({
      file: join(folder, 'networks.json'),
      node: 'one',
      bridge: 'br',
      firewall: {
        async setGuests(guests) {
          seen.guests = guests
          seen.order.push('firewall')
        },
      },
      directory: {
        resolve: async (hosts) =>
          Object.fromEntries(hosts.map((host) => [host, host === 'api.example.com' ? ['203.0.113.7'] : []])),
        async putNetwork(table) {
          seen.table = table
          seen.order.push('directory')
        },
      },
      registries: () => ['https://registry.example.com/'],
      present: () => seen.records,
      warn: () => undefined,
    })
  return { seen, open }
}
const chain = (guests: GuestTable) => [...guests.chains.values()].flat().join('\n')
const host = { target: { kind: 'host' as const, host: 'api.example.com' }, ports: null }

test('a restricted instance is let in once the firewall has its rules, and names are told after their addresses are open', async () => {
  const { seen, open } = world()
  const networks = open()
  seen.records.push(record('10.0.0.2'))
  networks.learn(network(1, { policy: 'allow', rules: [host] }))
  await networks.admit(A)
  expect(seen.guests.map.get('10.0.0.2')).toMatch(/^app_/)
  expect(chain(seen.guests)).toContain('203.0.113.7')
  expect(seen.table?.restricted[A]).toEqual(['api.example.com'])
  expect(seen.table?.pins).toEqual({ 'api.example.com': ['203.0.113.7'] })
  expect(seen.order.indexOf('firewall')).toBeLessThan(seen.order.indexOf('directory'))
  expect(networks.hosts(A)).toEqual([{ host: 'api.example.com', addresses: ['203.0.113.7'] }])
  networks.close()
})

test('the newer of two words holds, whichever comes first', async () => {
  const { seen, open } = world()
  const networks = open()
  seen.records.push(record('10.0.0.2'))
  networks.learn(network(6, { policy: 'none' }))
  await networks.take([network(5, {})])
  expect(chain(seen.guests)).toMatch(/reject with icmp type admin-prohibited$/)
  await networks.take([])
  expect(seen.guests.map.size).toBe(1)
  networks.learn(network(4, {}))
  await networks.take([network(7, {})])
  expect(seen.guests.map.size).toBe(0)
  networks.close()
})

test('the next agent knows what was decided before anybody tells it', async () => {
  const { seen, open } = world()
  const first = open()
  await first.take([network(1, { policy: 'allow', rules: [host] })])
  first.close()
  const { guests } = open().table([record('10.0.0.2')])
  expect(guests.map.size).toBe(1)
  expect(chain(guests)).toContain('203.0.113.7')
  expect(seen.records).toEqual([])
})

test('an instance that is gone leaves nothing of its address', async () => {
  const { seen, open } = world()
  const networks = open()
  const gone = record('10.0.0.2')
  seen.records.push(gone)
  await networks.take([network(1, { policy: 'none' })])
  expect(seen.guests.map.size).toBe(1)
  await networks.dismiss(gone.spec.id)
  expect(seen.guests.map.size).toBe(0)
  networks.close()
})

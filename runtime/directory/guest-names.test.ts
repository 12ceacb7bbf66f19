import { expect, test } from 'vitest'
import type { NetworkTable } from '../../server/contract/directory.ts'
import { AppId } from '../../server/contract/ids.ts'
import { addressesOf, queryPacket } from '../../test/support/dns.ts'
import { buildAnswer, buildQuery, parseQuery, readAddresses } from './dns.ts'
import { guestNames } from './guest-names.ts'
import { resolveHosts } from './resolve-hosts.ts'
import { respond } from './respond.ts'

const A = AppId.parse('0198c0de-0000-7000-8000-00000000000a')
const B = AppId.parse('0198c0de-0000-7000-8000-00000000000b')
const table: NetworkTable = {
  complete: true,
  node: 'one',
  guests: [
    { address: '10.0.0.2', app: A, name: 'shop', type: 'web', ready: true },
    { address: '10.0.0.3', app: A, name: 'shop', type: 'worker', ready: true },
    { address: '10.0.0.4', app: B, name: 'stock', type: 'web', ready: true },
    { address: '10.0.0.5', app: B, name: 'stock', type: 'web', ready: false },
    { address: '10.0.0.6', app: B, name: 'stock', type: 'worker', ready: true },
  ],
  links: { [A]: [B] },
  restricted: { [B]: ['api.example.com', 'gone.example.com'] },
  pins: { 'api.example.com': ['203.0.113.7'], 'gone.example.com': [] },
}
const ask = guestNames([table])

test('an app finds its own processes, and the ready web instances of a linked app, by name', () => {
  expect(ask('10.0.0.3', 'web.shop.internal')).toEqual(['10.0.0.2'])
  expect(ask('10.0.0.2', 'worker.shop.internal')).toEqual(['10.0.0.3'])
  expect(ask('10.0.0.2', 'web.stock.internal')).toEqual(['10.0.0.4'])
})

test('without a link another app does not exist, nor do the other processes of a linked one', () => {
  expect(ask('10.0.0.4', 'web.shop.internal')).toBe('absent')
  expect(ask('10.0.0.2', 'worker.stock.internal')).toBe('absent')
  expect(ask('10.0.0.2', 'web.unknown.internal')).toBe('absent')
  expect(ask('10.0.0.99', 'web.shop.internal')).toBe('absent')
})

test('an app that may not reach everything is told only what is open, so that no name carries data out', () => {
  expect(ask('10.0.0.4', 'api.example.com')).toEqual(['203.0.113.7'])
  expect(ask('10.0.0.4', 'gone.example.com')).toEqual([])
  expect(ask('10.0.0.4', 'secret.attacker.example')).toBe('absent')
  expect(ask('10.0.0.2', 'anything.example.com')).toBe('forward')
})

test('over the wire: another app’s name does not exist, an own one has its addresses', () => {
  const reply = (from: string, name: string, type = 1) => {
    const response = respond(
      queryPacket(name, type),
      'instance',
      () => ['127.0.0.1'],
      (one) => ask(from, one),
    )
    if (response.kind !== 'answer') return response.kind
    return [response.packet.readUInt8(3) & 15, addressesOf(response.packet)]
  }
  expect(reply('10.0.0.2', 'WEB.stock.internal')).toEqual([0, ['10.0.0.4']])
  expect(reply('10.0.0.2', 'web.stock.internal', 28)).toEqual([0, []])
  expect(reply('10.0.0.4', 'web.shop.internal')).toEqual([3, []])
  expect(reply('10.0.0.2', 'example.com')).toBe('forward')
  expect(reply('10.0.0.2', 'shop.example.com.route.skypanel.internal')).toEqual([5, []])
})

test('names are resolved through aliases, over TCP where an answer was cut, and to nothing where nobody answers', async () => {
  const alias = Buffer.from([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12])
  const asked: string[] = []
  const found = await resolveHosts(
    async (packet, query, transport) => {
      asked.push(`${query.name} ${transport}`)
      if (query.name === 'dead.example.com') return null
      const plain = buildAnswer(packet, query, {
        rcode: 0,
        authoritative: false,
        addresses: transport === 'tcp' ? ['203.0.113.8', '203.0.113.9'] : ['203.0.113.8'],
      })
      if (query.name === 'big.example.com' && transport === 'udp') plain.writeUInt16BE(0x8380, 2)
      const reply = Buffer.concat([plain.subarray(0, query.end), alias, plain.subarray(query.end)])
      reply.writeUInt16BE(plain.readUInt16BE(6) + 1, 6)
      return reply
    },
    ['api.example.com', 'big.example.com', 'dead.example.com'],
  )
  expect(found).toEqual({
    'api.example.com': ['203.0.113.8'],
    'big.example.com': ['203.0.113.8', '203.0.113.9'],
    'dead.example.com': [],
  })
  expect(asked).toContain('big.example.com tcp')
})

test('an answer that lies about its lengths is read as far as it goes', () => {
  const packet = buildQuery('a.example', 7)
  const end = parseQuery(packet)?.end ?? 0
  const broken = Buffer.concat([packet, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 1, 2])])
  broken.writeUInt16BE(9, 6)
  expect(readAddresses(broken, end)).toEqual({ cut: false, addresses: [] })
  expect(readAddresses(packet.subarray(0, 5), end)).toEqual({ cut: false, addresses: [] })
})

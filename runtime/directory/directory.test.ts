import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROUTER_REFRESH, type HostTable, type InstanceTable } from '../../server/contract/directory.ts'
import { clientKinds } from './clients.ts'
import { openDirectory } from './directory.ts'
import { addressesOf, queryPacket } from '../../test/support/dns.ts'
import { serveTcp, serveUdp, type DnsParts } from './dns-server.ts'
import { openForwarder } from './forward.ts'
import { parseResolvers } from './resolvers.ts'
import { loadTold } from './snapshot.ts'
import { frame, frames } from './tcp-frame.ts'

const EDGE = '127.77.0.1'
const APP = '00000000-0000-7000-8000-000000000001'
let folder: string
let closers: (() => unknown)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skypanel-directory-'))
})
afterEach(() => {
  for (const close of closers) close()
  closers = []
  rmSync(folder, { recursive: true, force: true })
})

const open = async (complain: (message: string) => void = () => undefined) =>
  openDirectory({ told: await loadTold(folder, complain), folder, edge: EDGE, ownHosts: [], now: Date.now })
const hosts = (epoch: number, entries: Record<string, Partial<HostTable['hosts'][string]>>): HostTable => ({
  complete: true,
  epoch,
  hosts: Object.fromEntries(
    Object.entries(entries).map(([host, entry]) => [
      host,
      { app: APP, name: 'shop', maintenance: false, ...entry },
    ]),
  ) as HostTable['hosts'],
})
const instances = (...addresses: string[]): InstanceTable => ({
  complete: true,
  node: 'one',
  instances: addresses.map((address, index) => ({
    id: `00000000-0000-7000-8000-00000000010${index}`,
    app: APP,
    name: `web.${index + 1}`,
    release: 1,
    address,
    port: 5000,
  })) as InstanceTable['instances'],
})

test('a host leads to its ready instances in turn, every other host to the edge', async () => {
  const directory = await open()
  await directory.putHosts(
    hosts(1, { 'Shop.skypanel.localhost': {}, 'closed.example.com': { maintenance: true } }),
  )
  expect(directory.resolve('shop.skypanel.localhost')).toEqual([EDGE])
  await directory.putInstances(instances('10.0.0.2', '10.0.0.3'))
  const first = new Set(
    [0, 1].map(() => directory.resolve('SHOP.skypanel.localhost.:8080'.replace('.:', ':'))[0]),
  )
  expect(first).toEqual(new Set(['10.0.0.2', '10.0.0.3']))
  expect(directory.resolve('closed.example.com')).toEqual([EDGE])
  expect(directory.resolve('127.0.0.1')).toEqual([EDGE])
  expect(directory.look('closed.example.com').state).toBe('maintenance')
})

test('after a restart it answers from disk as before, though nobody has told it anything yet', async () => {
  const before = await open()
  await before.putHosts(hosts(4, { 'shop.example.com': {} }))
  await before.putInstances(instances('10.0.0.2'))
  await before.withdraw('one', '00000000-0000-7000-8000-000000000999')
  const after = await open()
  expect(after.resolve('shop.example.com')).toEqual(['10.0.0.2'])
  expect(await after.putHosts(hosts(3, {}))).toEqual({ ok: false, newest: 4 })
  expect(after.resolve('shop.example.com')).toEqual(['10.0.0.2'])
  expect(readdirSync(folder).toSorted()).toEqual(['hosts.json', 'instances.json'])
})

test('half a document on disk is left out, and said so', async () => {
  writeFileSync(join(folder, 'hosts.json'), '{"complete":true,"epoch":1,"hos')
  writeFileSync(join(folder, 'instances.json'), '{"nodes":[]}')
  const said: string[] = []
  const directory = await open((message) => said.push(message))
  expect(directory.state()).toMatchObject({ hosts: 0, instances: [] })
  expect(said).toHaveLength(2)
})

test('a withdrawn instance is out before the call returns', async () => {
  const directory = await open()
  await directory.putHosts(hosts(1, { 'shop.example.com': {} }))
  await directory.putInstances(instances('10.0.0.2', '10.0.0.3'))
  const done = directory.withdraw('one', '00000000-0000-7000-8000-000000000100')
  expect(directory.resolve('shop.example.com')).toEqual(['10.0.0.3'])
  await done
})

test('a withdrawal is answered when a router that has just asked must ask again', async () => {
  const directory = await open()
  await directory.putHosts(hosts(1, { 'shop.example.com': {} }))
  await directory.putInstances(instances('10.0.0.2', '10.0.0.3'))
  directory.resolve('shop.example.com')
  const asked = Date.now()
  await directory.withdraw('one', '00000000-0000-7000-8000-000000000100')
  expect(Date.now() - asked).toBeGreaterThanOrEqual(ROUTER_REFRESH)
})

test('who waits for a host is told the moment that it is served', async () => {
  const directory = await open()
  await directory.putHosts(hosts(1, { 'shop.example.com': {}, 'never.example.com': { expects: false } }))
  const waiting = directory.waitFor('shop.example.com', new AbortController().signal)
  await directory.putInstances(instances('10.0.0.2'))
  expect((await waiting).state).toBe('serving')
  expect((await directory.waitFor('unknown.example.com', new AbortController().signal)).state).toBe('unknown')
})

async function dnsParts(resolvers: { address: string; port: number }[]): Promise<DnsParts> {
  const directory = await open()
  await directory.putHosts(hosts(1, { 'shop.example.com': {} }))
  await directory.putInstances(instances('10.0.0.2'))
  return {
    resolve: (host) => directory.resolve(host),
    clientKind: clientKinds('10.9.0.0/18'),
    forward: openForwarder(() => Promise.resolve(resolvers)),
  }
}
async function askUdp(port: number, packet: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  socket.send(packet, port, '127.0.0.1')
  const [reply] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  return reply
}

test('over UDP and TCP, garbage in between harms nobody', async () => {
  const parts = await dnsParts([])
  const udp = await serveUdp(parts, { address: '127.0.0.1', port: 0 })
  const tcp = await serveTcp(parts, '127.0.0.1', 0)
  closers.push(
    () => udp.close(),
    () => tcp.close(),
  )
  const noise = createSocket('udp4')
  noise.send(Buffer.from('not dns'), udp.address().port, '127.0.0.1', () => noise.close())
  const reply = await askUdp(udp.address().port, queryPacket('shop.example.com.route.skypanel.internal'))
  expect(addressesOf(reply)).toEqual(['10.0.0.2'])
  const socket = connect((tcp.address() as { port: number }).port, '127.0.0.1')
  socket.write(frame(queryPacket('shop.example.com.route.skypanel.internal')))
  const overTcp = await new Promise<Buffer>((resolve) => {
    const read = frames(resolve)
    socket.on('data', (data: Buffer) => void read(data))
  })
  socket.destroy()
  expect(addressesOf(overTcp)).toEqual(['10.0.0.2'])
})

test('other names are asked of the resolvers in turn; without any that answers the reply says failure', async () => {
  const upstream = createSocket('udp4')
  upstream.on('message', (packet, from) => {
    const forged = Buffer.from(packet)
    forged[2]! |= 0x80
    forged.writeUInt16BE((packet.readUInt16BE(0) + 1) & 0xffff, 0)
    upstream.send(forged, from.port, from.address)
    const reply = Buffer.from(packet)
    reply[2]! |= 0x80
    reply[3]! |= 3
    upstream.send(reply, from.port, from.address)
  })
  upstream.bind(0, '127.0.0.1')
  await once(upstream, 'listening')
  closers.push(() => upstream.close())
  const dead = { address: '127.0.0.1', port: 1 }
  const working = await serveUdp(
    await dnsParts([dead, { address: '127.0.0.1', port: upstream.address().port }]),
    {
      address: '127.0.0.1',
      port: 0,
    },
  )
  const failing = await serveUdp(await dnsParts([dead]), { address: '127.0.0.1', port: 0 })
  closers.push(
    () => working.close(),
    () => failing.close(),
  )
  const answered = await askUdp(working.address().port, queryPacket('nothing.example.com', 1, 99))
  expect([answered.readUInt16BE(0), answered[3]! & 15]).toEqual([99, 3])
  const failed = await askUdp(failing.address().port, queryPacket('nothing.example.com', 1, 100))
  expect([failed.readUInt16BE(0), failed[3]! & 15]).toEqual([100, 2])
})

test('name servers are read from resolv.conf as the C library would', () => {
  expect(
    parseResolvers('# x\nsearch a\nnameserver 10.0.0.1\n nameserver fe80::1%eth0\nnameserver nonsense\n'),
  ).toEqual([
    { address: '10.0.0.1', port: 53 },
    { address: 'fe80::1%eth0', port: 53 },
  ])
  expect(parseResolvers('')).toEqual([{ address: '127.0.0.1', port: 53 }])
})

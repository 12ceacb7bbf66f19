import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GuestNetwork, openGuestNetwork, OUTSIDE } from '../../test/support/guest-network.ts'
import type { AppNetwork, EgressRule } from '../../server/contract/network.ts'
import { AppId } from '../../server/contract/ids.ts'
import { type Guest, guestTable, noGuests } from '../command/nft-guests.ts'

const A = AppId.parse('0198c0de-0000-7000-8000-00000000000a')
const B = AppId.parse('0198c0de-0000-7000-8000-00000000000b')
const PORT = 5000
const at = { web: '10.222.64.2', worker: '10.222.64.3', other: '10.222.64.4' }

let network: GuestNetwork
beforeAll(async () => {
  network = await openGuestNetwork('g')
  await network.guest('a', at.web)
  await network.guest('w', at.worker)
  await network.guest('b', at.other)
  await Promise.all([
    network.listen('a', PORT),
    network.listen('b', PORT),
    network.listen('b', 6000),
    network.listen('outside', 80),
    network.listen('outside', 443),
    network.listen('outside', 25),
    network.listen('host', 22),
  ])
})
afterAll(() => network[Symbol.asyncDispose]())

const guest = (app: string, type: string, address: string): Guest => ({
  app,
  appName: app,
  type,
  address,
  ready: true,
})
const web = guest(A, 'web', at.web)
const worker = guest(A, 'worker', at.worker)
const other = guest(B, 'web', at.other)
const allow = (target: EgressRule['target'], ports: EgressRule['ports'] = null): EgressRule => ({
  target,
  ports,
})
const policy = (egress: Partial<AppNetwork['egress']>, links: AppId[] = []): Map<string, AppNetwork> =>
  new Map([[A, { app: A, revision: 1, egress: { policy: 'open', rules: [], ...egress }, links }]])
const rules = (
  guests: readonly Guest[],
  networks: Map<string, AppNetwork>,
  pins: [string, string[]][] = [],
) => network.rules(guestTable({ bridge: network.bridge, port: PORT }, guests, networks, new Map(pins)))

describe('on the real kernel', () => {
  test('an app without a policy reaches the public network, and nothing of the host, of mail, or of other apps', async () => {
    await rules([web, other], new Map())
    expect(await network.dial('a', OUTSIDE, 80)).toBe('open')
    expect(await network.dial('a', OUTSIDE, 25)).toBe('ECONNREFUSED')
    expect(await network.dial('a', '203.0.113.1', 22)).not.toBe('open')
    expect(await network.dial('a', '10.222.64.1', 22)).not.toBe('open')
    expect(await network.dial('a', at.other, PORT)).not.toBe('open')
    expect(await network.dial('host', at.web, PORT)).toBe('open')
  })

  test('`none` closes everything for a running instance at once, open connections too, but not the way to it', async () => {
    const held = await network.hold('a', OUTSIDE, 80)
    expect(await held()).toBe(true)
    await rules([web, other], policy({ policy: 'none' }))
    expect(await held()).toBe(false)
    expect(await network.dial('a', OUTSIDE, 80)).toBe('EHOSTUNREACH')
    expect(await network.dial('host', at.web, PORT)).toBe('open')
    expect(await network.dial('b', OUTSIDE, 80)).toBe('open')
    await network.reload()
    expect(await network.dial('a', OUTSIDE, 80)).toBe('EHOSTUNREACH')
  })

  test('an allow list opens its networks, hosts and ports, and nothing else', async () => {
    const listed = [
      allow({ kind: 'network', network: '203.0.113.0/24' }, [80, 80]),
      allow({ kind: 'host', host: 'api.example.com' }),
      allow({ kind: 'host', host: 'unresolved.example.com' }),
    ]
    await rules([web, other], policy({ policy: 'allow', rules: listed }))
    expect(await network.dial('a', OUTSIDE, 80)).toBe('open')
    expect(await network.dial('a', OUTSIDE, 443)).toBe('EHOSTUNREACH')
    await rules([web, other], policy({ policy: 'allow', rules: listed }), [['api.example.com', [OUTSIDE]]])
    expect(await network.dial('a', OUTSIDE, 443)).toBe('open')
    await rules(
      [web, other],
      policy({ policy: 'allow', rules: [allow({ kind: 'network', network: '0.0.0.0/0' })] }),
    )
    expect(await network.dial('a', '10.222.64.1', 22)).not.toBe('open')
    expect(await network.dial('a', at.other, PORT)).not.toBe('open')
  })

  test('`registries` opens what the machine takes packages from, and nothing else', async () => {
    await rules([web, other], policy({ policy: 'registries' }))
    expect(await network.dial('a', OUTSIDE, 443)).toBe('EHOSTUNREACH')
  })

  test('a link opens one way to the other app’s web port, and its end closes open connections', async () => {
    await rules([web, other], policy({}, [B]))
    expect(await network.dial('a', at.other, PORT)).toBe('open')
    expect(await network.dial('a', at.other, 6000)).not.toBe('open')
    expect(await network.dial('b', at.web, PORT)).not.toBe('open')
    expect(await network.dial('a', OUTSIDE, 80)).toBe('open')
    const held = await network.hold('a', at.other, PORT)
    expect(await held()).toBe(true)
    await rules([web, other], new Map())
    expect(await held()).toBe(false)
  })

  test('a link works to an app that may reach nothing itself, and for one that may not', async () => {
    const closed = new Map([
      ...policy({ policy: 'none' }, [B]),
      [B, { app: B, revision: 1, egress: { policy: 'none', rules: [] }, links: [] }] as const,
    ])
    await rules([web, other], closed)
    expect(await network.dial('a', at.other, PORT)).toBe('open')
    expect(await network.dial('a', OUTSIDE, 80)).toBe('EHOSTUNREACH')
    expect(await network.dial('b', OUTSIDE, 80)).toBe('EHOSTUNREACH')
  })

  test('the processes of one app reach each other without a link', async () => {
    await rules([web, worker, other], new Map())
    expect(await network.dial('w', at.web, PORT)).toBe('open')
    expect(await network.dial('w', at.other, PORT)).not.toBe('open')
  })

  test('an address that passes from one app to another takes no right with it', async () => {
    await rules([web, other], policy({ policy: 'none' }, [B]))
    await rules([guest(B, 'web', at.web), guest(A, 'web', at.other)], policy({ policy: 'none' }))
    expect(await network.dial('a', OUTSIDE, 80)).toBe('open')
    expect(await network.dial('b', OUTSIDE, 80)).toBe('EHOSTUNREACH')
    expect(await network.dial('a', at.other, PORT)).not.toBe('open')
    await network.rules(noGuests)
  })
})

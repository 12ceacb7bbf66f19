import { expect, test } from 'vitest'
import { AppId } from '../../server/contract/ids.ts'
import type { AppNetwork } from '../../server/contract/network.ts'
import { type Guest, guestChanges, guestTable, noGuests } from './nft-guests.ts'

const A = AppId.parse('0198c0de-0000-7000-8000-00000000000a')
const B = AppId.parse('0198c0de-0000-7000-8000-00000000000b')
const facts = { bridge: 'spab12', port: 5000 }
const guest = (app: string, address: string, type = 'web'): Guest => ({
  app,
  appName: app,
  type,
  address,
  ready: true,
})
const network = (rest: Partial<AppNetwork>): AppNetwork => ({
  app: A,
  revision: 1,
  egress: { policy: 'open', rules: [] },
  links: [],
  ...rest,
})
const table = (guests: Guest[], networks: AppNetwork[] = []) =>
  guestTable(facts, guests, new Map(networks.map((one) => [one.app, one])), new Map())

test('an app about which nothing is decided costs no line', () => {
  const many = Array.from({ length: 50 }, (_, at) => guest(at % 2 === 0 ? A : B, `10.0.0.${at + 2}`))
  expect(guestChanges('t', noGuests, table(many))).toBe('')
})

test('one more instance of a restricted app is one element in each of its sets, in one transaction', () => {
  const none = [network({ egress: { policy: 'none', rules: [] } })]
  const before = table([guest(A, '10.0.0.2')], none)
  const lines = guestChanges('t', before, table([guest(A, '10.0.0.2'), guest(A, '10.0.0.3')], none))
  expect(lines.trim().split('\n')).toHaveLength(2)
  expect(lines).not.toContain('10.0.0.2')
})

test('what is gone is taken away again, and the same state makes no line', () => {
  const full = table([guest(A, '10.0.0.2'), guest(B, '10.0.0.3')], [network({ links: [B] })])
  expect(guestChanges('t', full, full)).toBe('')
  const away = guestChanges('t', full, table([guest(B, '10.0.0.3')], [network({ links: [B] })]))
  expect(away).toContain('delete chain inet t app_')
  expect(away.indexOf('delete element inet t guests')).toBeLessThan(away.indexOf('delete chain'))
})

test('a hundred links and a thousand instances make elements, not rules', () => {
  const guests = Array.from({ length: 1000 }, (_, at) =>
    guest(at === 0 ? A : B, `10.0.${at >> 8}.${at & 255}`),
  )
  const { chains } = table(guests, [network({ links: [B] })])
  expect([...chains.values()].flat().length).toBeLessThan(8)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answers, buildAnswer, parseQuery, RCODE, withId } from './dns.ts'
import { addressesOf, queryPacket } from '../../test/support/dns.ts'
import { hostOfRoute, normalHost } from './host-name.ts'
import { respond } from './respond.ts'

const edge = ['127.77.1.2']

describe('DNS packets', () => {
  test('a query is read whatever the case of its name', () => {
    expect(parseQuery(queryPacket('Shop.Example.COM.route.skypanel.internal'))).toMatchObject({
      id: 7,
      type: 1,
      name: 'shop.example.com.route.skypanel.internal',
    })
  })

  test('an answer repeats the question and holds every address', () => {
    const packet = queryPacket('a.route.skypanel.internal')
    const query = parseQuery(packet)!
    const reply = buildAnswer(packet, query, {
      rcode: RCODE.ok,
      authoritative: true,
      addresses: ['10.1.2.3', '10.4.5.6'],
    })
    expect(addressesOf(reply)).toEqual(['10.1.2.3', '10.4.5.6'])
    expect(answers(reply, packet, query, 7)).toBe(true)
    expect(answers(reply, packet, query, 8)).toBe(false)
    expect(answers(withId(reply, 8), packet, query, 8)).toBe(true)
  })

  test('no packet, however broken, throws or gets an answer longer than DNS over UDP allows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const response = respond(bytes, 'local', () => edge)
        if (response.kind === 'answer') expect(response.packet.length).toBeLessThanOrEqual(512)
      }),
      { numRuns: 3000 },
    )
  })

  test('no damaged query throws', () => {
    const packet = queryPacket('some.shop.example.com.route.skypanel.internal')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(packet.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(packet.length),
        (changes, length) => {
          const damaged = Buffer.from(packet)
          for (const [at, byte] of changes) damaged[at] = byte
          respond(damaged.subarray(0, length), 'local', () => edge)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('a label with a dot inside is not taken for two labels', () => {
    const packet = Buffer.concat([
      Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3]),
      Buffer.from('a.b'),
      Buffer.from([0, 0, 1, 0, 1]),
    ])
    expect(parseQuery(packet)?.name).toBe('a?b')
  })
})

describe('what the directory answers', () => {
  const ask = (name: string, client: 'local' | 'instance' | 'stranger', type = 1) =>
    respond(queryPacket(name, type), client, () => edge)

  test('an A query of the route zone is answered at once, any other type with nothing', () => {
    const a = ask('shop.route.skypanel.internal', 'local')
    const aaaa = ask('shop.route.skypanel.internal', 'local', 28)
    expect(a.kind === 'answer' && addressesOf(a.packet)).toEqual(edge)
    expect(aaaa.kind === 'answer' && [addressesOf(aaaa.packet), aaaa.packet[3]! & 15]).toEqual([[], 0])
  })

  test('an instance is refused names of the route zone', () => {
    const response = ask('other.route.skypanel.internal', 'instance')
    expect(response.kind === 'answer' && response.packet[3]! & 15).toBe(RCODE.refused)
  })

  test('the route zone is never forwarded, everything else is', () => {
    expect(ask('shop.example.com', 'instance').kind).toBe('forward')
    expect(ask('route.skypanel.internal', 'local').kind).toBe('answer')
    expect(ask('evilroute.skypanel.internal', 'local').kind).toBe('forward')
  })

  test('a stranger gets no answer at all', () => {
    expect(ask('shop.example.com', 'stranger').kind).toBe('ignore')
  })

  test('a hundred addresses are cut to what fits one packet', () => {
    const many = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`)
    const response = respond(queryPacket('a.route.skypanel.internal'), 'local', () => many)
    expect(response.kind === 'answer' && response.packet.length).toBeLessThanOrEqual(512)
    expect(response.kind === 'answer' && addressesOf(response.packet).length).toBeGreaterThan(20)
  })
})

test('host names are compared without case, port and dots at the end', () => {
  expect(normalHost('Shop.Example.com:8080')).toBe('shop.example.com')
  expect(normalHost('shop.example.com.')).toBe('shop.example.com')
  expect(normalHost('[::1]:80')).toBe('[::1]:80')
  expect(hostOfRoute('127.0.0.1.route.skypanel.internal')).toBe('127.0.0.1')
  expect(hostOfRoute('shop.example.com')).toBe(null)
})

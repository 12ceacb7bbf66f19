import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEgressRule, refuseEgress, showEgressRule } from './egress.ts'

const read = (text: string) => {
  const result = readEgressRule(text)
  return result.ok ? showEgressRule(result.rule) : `no: ${result.reason}`
}

test('hosts, addresses and networks are read, with a port, a range or none', () => {
  expect(read('API.example.com')).toBe('api.example.com')
  expect(read('api.example.com:443')).toBe('api.example.com:443')
  expect(read('203.0.113.7')).toBe('203.0.113.7')
  expect(read('203.0.113.7/32:5432')).toBe('203.0.113.7:5432')
  expect(read('198.51.100.0/24:8000-8100')).toBe('198.51.100.0/24:8000-8100')
})

test('what could never be opened is refused with the reason', () => {
  expect(read('10.1.2.3')).toMatch(/10\.0\.0\.0\/8 is not public/)
  expect(read('169.254.169.254:80')).toMatch(/169\.254\.0\.0\/16 is not public/)
  expect(read('198.51.100.7/24')).toMatch(/198\.51\.100\.0\/24 would be one/)
  expect(read('*.example.com')).toMatch(/list each host/)
  expect(read('https://example.com')).toMatch(/^no: /)
  expect(read('[2001:db8::1]:443')).toMatch(/IPv6/)
  expect(read('example.com:0')).toMatch(/no port/)
  expect(read('example.com:90-80')).toMatch(/no port/)
  expect(read('web.shop.internal')).toMatch(/links:add/)
  expect(read('localhost')).toMatch(/^no: /)
  expect(read('1.2.3.999')).toMatch(/^no: /)
})

test('only an allow list has entries, and it has at least one', () => {
  expect(refuseEgress('open', [])).toBeNull()
  expect(refuseEgress('none', ['example.com'])).toMatch(/takes no list/)
  expect(refuseEgress('allow', [])).toMatch(/at least one/)
  expect(refuseEgress('allow', ['example.com', '127.0.0.1'])).toMatch(/"127\.0\.0\.1" cannot be allowed/)
})

test('whatever is read is shown as something that is read to the same', () => {
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), fc.nat(70_000), (text, address, port) => {
      for (const entry of [text, address, `${address}:${port}`, `${address}/24`]) {
        const first = readEgressRule(entry)
        if (first.ok) expect(readEgressRule(showEgressRule(first.rule))).toEqual(first)
      }
    }),
  )
})

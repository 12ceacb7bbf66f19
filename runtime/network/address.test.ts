import { expect, test } from 'vitest'
import {
  CELL_ADDRESSES,
  cellAddress,
  cellNetwork,
  gateway,
  INSTANCE_ADDRESSES,
  instanceAddress,
  loopbackAddress,
  networkOf,
} from './address.ts'

const range = '10.200.64.0/18'

test('gateway, instances and cells share a range and never an address', () => {
  expect(gateway(range)).toBe('10.200.64.1')
  expect(instanceAddress(range, 0)).toBe('10.200.64.2')
  expect(instanceAddress(range, INSTANCE_ADDRESSES - 1)).toBe('10.200.111.255')
  expect(cellNetwork(range)).toBe('10.200.112.0/20')
  expect(cellAddress(range, 0)).toBe('10.200.112.0')
  expect(cellAddress(range, CELL_ADDRESSES - 1)).toBe('10.200.127.254')
})

test('an address outside of the range is refused, not wrapped around', () => {
  expect(() => instanceAddress(range, INSTANCE_ADDRESSES)).toThrow(RangeError)
  expect(() => cellAddress(range, -1)).toThrow(RangeError)
})

test('a network is found from an address and its prefix', () => {
  expect(networkOf('192.168.7.9', 24)).toBe('192.168.7.0/24')
  expect(networkOf('10.200.100.1', 18)).toBe('10.200.64.0/18')
  expect(loopbackAddress(0)).toBe('127.64.0.2')
})

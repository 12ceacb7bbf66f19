import { expect, test } from 'vitest'
import { addressesOf, renewPins } from './pins.ts'

const minute = 60_000

test('an address stays open for ten minutes after its name has moved on', () => {
  let pins = renewPins({}, ['a.example'], { 'a.example': ['203.0.113.1'] }, 0)
  pins = renewPins(pins, ['a.example'], { 'a.example': ['203.0.113.2'] }, 9 * minute)
  expect(addressesOf(pins, 'a.example')).toEqual(['203.0.113.1', '203.0.113.2'])
  pins = renewPins(pins, ['a.example'], { 'a.example': ['203.0.113.2'] }, 11 * minute)
  expect(addressesOf(pins, 'a.example')).toEqual(['203.0.113.2'])
})

test('while nobody resolves a name, what was known of it stays; a name that nobody wants goes', () => {
  const pins = renewPins({}, ['a.example'], { 'a.example': ['203.0.113.1'] }, 0)
  expect(addressesOf(renewPins(pins, ['a.example'], {}, 60 * minute), 'a.example')).toEqual(['203.0.113.1'])
  expect(renewPins(pins, [], {}, 0)).toEqual({})
})

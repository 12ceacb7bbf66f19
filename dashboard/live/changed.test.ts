import { expect, it } from 'vitest'
import { AppId } from '../../server/contract/ids.ts'
import { queriesToAsk } from './changed.ts'

const id = AppId.parse('0193b2c4-5d6e-7f80-9a1b-000000000001')
const shop = (given: string) => (given === id ? 'shop' : null)

it('asks again what changed of the app that is shown, and its line in the list', () => {
  expect(queriesToAsk({ kind: 'app', app: id, topics: ['config-vars'] }, shop)).toEqual([
    ['app', 'shop', 'config-vars'],
  ])
  expect(queriesToAsk({ kind: 'app', app: id, topics: ['instances'] }, shop)).toEqual([
    ['apps'],
    ['app', 'shop', 'app'],
    ['app', 'shop', 'instances'],
  ])
})

it('asks for the list alone when the app is not shown', () => {
  expect(queriesToAsk({ kind: 'app', app: id, topics: ['app'] }, () => null)).toEqual([['apps']])
})

it('asks for everything when notices may have been lost', () => {
  expect(queriesToAsk({ kind: 'account', topics: ['all'] }, shop)).toEqual([[]])
  expect(queriesToAsk({ kind: 'account', topics: ['sessions'] }, shop)).toEqual([['sessions'], ['tokens']])
})

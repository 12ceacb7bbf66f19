import { expect, test } from 'vitest'
import { AppId, TeamId } from '../contract/ids.ts'
import { mergeNotices, readNotice } from './notices.ts'

const app = AppId.parse('0193b2c4-5d6e-7f80-9a1b-000000000001')
const other = AppId.parse('0193b2c4-5d6e-7f80-9a1b-000000000002')
const team = TeamId.parse('0193b2c4-5d6e-7f80-9a1b-000000000003')

test('many notices of an app become one, with each topic once', () => {
  expect(
    mergeNotices([
      { app, team, topic: 'builds' },
      { app, team, topic: 'releases' },
      { app: other, team, topic: 'builds' },
      { app, team, topic: 'builds' },
    ]),
  ).toEqual([
    { app, topics: ['builds', 'releases'], teams: [] },
    { app: other, topics: ['builds'], teams: [] },
  ])
})

test('what a list of apps shows is told to the teams, and changes the app itself', () => {
  expect(mergeNotices([{ app, team, topic: 'instances' }])).toEqual([
    { app, topics: ['instances', 'app'], teams: [team] },
  ])
})

test('a notice that this version does not know may mean anything', () => {
  expect(readNotice(JSON.stringify({ app, team, topic: 'domains' }))).toEqual({ app, team, topic: 'domains' })
  for (const text of ['', '{}', '{"topic":"new"}', JSON.stringify({ app, team, topic: 'new' })])
    expect(readNotice(text)).toBeNull()
})

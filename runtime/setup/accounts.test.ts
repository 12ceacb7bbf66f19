import { expect, test } from 'vitest'
import { accountIn, isComplete, memberships, membersIn, missingAccounts, userNames } from './accounts.ts'

test('a user is found by its whole name', () => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\nskypanel-ab12-net:x:998:997::/h:/n\nskypanel-ab12:x:999:998::/h:/n\n'
  expect(accountIn(passwd, 'skypanel-ab12')).toEqual({ name: 'skypanel-ab12', uid: 999, gid: 998 })
  expect(accountIn(passwd, 'skypanel')).toBeNull()
})

function complete(id: string): { passwd: string; group: string } {
  const names = userNames(id)
  const members = (name: string) =>
    memberships(id)
      .filter(({ group }) => group === name)
      .map(({ user }) => user)
  const passwd = names.map((name, index) => `${name}:x:${900 + index}:${900 + index}::/:/\n`).join('')
  const group = [...names, `skypanel-${id}-build`]
    .map((name, index) => `${name}:x:${900 + index}:${members(name).join(',')}\n`)
    .join('')
  return { passwd, group }
}

test('a fresh machine lacks every user; a finished one lacks nothing', () => {
  expect(missingAccounts('ab12', '', '').users).toContain('skypanel-ab12-pg')
  const { passwd, group } = complete('ab12')
  expect(isComplete(missingAccounts('ab12', passwd, group))).toBe(true)
})

test('a user whose group got lost on the way gets it back', () => {
  const { passwd, group } = complete('ab12')
  const without = group.replace(/^skypanel-ab12-caddy:.*\n/m, '')
  expect(missingAccounts('ab12', passwd, without)).toMatchObject({
    groups: ['skypanel-ab12-caddy'],
    users: [],
    regroup: ['skypanel-ab12-caddy'],
  })
})

test('only the server joins the group of directory and logs', () => {
  expect(memberships('ab12').filter(({ group }) => group === 'skypanel-ab12-net')).toEqual([
    { user: 'skypanel-ab12', group: 'skypanel-ab12-net' },
  ])
  expect(membersIn('a:x:1:b,c\n', 'a')).toEqual(['b', 'c'])
})

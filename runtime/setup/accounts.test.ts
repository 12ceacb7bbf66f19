import { expect, test } from 'vitest'
import { accountIn, memberships, membersIn, missingAccounts } from './accounts.ts'

test('a user is found by its whole name', () => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\nskypanel-ab12-net:x:998:997::/h:/n\nskypanel-ab12:x:999:998::/h:/n\n'
  expect(accountIn(passwd, 'skypanel-ab12')).toEqual({ name: 'skypanel-ab12', uid: 999, gid: 998 })
  expect(accountIn(passwd, 'skypanel')).toBeNull()
})

test('a fresh machine lacks every user; a finished one lacks nothing', () => {
  const fresh = missingAccounts('ab12', '', '')
  expect(fresh.users).toContain('skypanel-ab12-pg')
  expect(fresh.groups).toEqual(['skypanel-ab12-build'])
  const passwd = fresh.users.map((name, index) => `${name}:x:${900 + index}:${900 + index}::/:/`).join('\n')
  const groups = new Map<string, string[]>()
  for (const { user, group } of memberships('ab12')) groups.set(group, [...(groups.get(group) ?? []), user])
  const group = [...groups].map(([name, members]) => `${name}:x:9:${members.join(',')}`).join('\n')
  expect(missingAccounts('ab12', passwd, group)).toEqual({ groups: [], users: [], join: [] })
})

test('only the server joins the group of directory and logs', () => {
  expect(memberships('ab12').filter(({ group }) => group === 'skypanel-ab12-net')).toEqual([
    { user: 'skypanel-ab12', group: 'skypanel-ab12-net' },
  ])
  expect(membersIn('a:x:1:b,c\n', 'a')).toEqual(['b', 'c'])
})

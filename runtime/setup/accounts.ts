import { readFile } from 'node:fs/promises'
import { users } from '../installation.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Members of the build group: one for each build that Nix may run at the same time. */
export const BUILDERS = 4
export const builderName = (id: string, index: number) => `skypanel-${id}-b${index}`

/** Parses passwd(5). Pure. */
export function accountIn(passwd: string, name: string): Account | null {
  const line = passwd.split('\n').find((entry) => entry.startsWith(`${name}:`))
  const fields = line?.split(':')
  return fields?.[2] === undefined || fields[3] === undefined
    ? null
    : { name, uid: Number(fields[2]), gid: Number(fields[3]) }
}

/** A group's members by group(5), or null when there is no such group. Pure. */
export function membersIn(group: string, name: string): string[] | null {
  const line = group.split('\n').find((entry) => entry.startsWith(`${name}:`))
  return line === undefined ? null : (line.split(':')[3] ?? '').split(',').filter((member) => member !== '')
}

/** @throws when the user does not exist. */
export async function account(name: string): Promise<Account> {
  const found = accountIn(await readFile('/etc/passwd', 'utf8'), name)
  if (found === null) throw new Error(`The user ${name} does not exist. Type: npm start`)
  return found
}

/** Which users belong to which further group. The server reaches directory and logs; nothing else reaches anything. */
export function memberships(id: string): { readonly user: string; readonly group: string }[] {
  const who = users(id)
  return [
    { user: who.server, group: who.net },
    ...Array.from({ length: BUILDERS }, (_, index) => ({
      user: builderName(id, index + 1),
      group: who.buildGroup,
    })),
  ]
}

/** Every user of an installation; each has a group of its own name. */
export function userNames(id: string): string[] {
  const who = users(id)
  const builders = Array.from({ length: BUILDERS }, (_, index) => builderName(id, index + 1))
  return [who.server, who.net, who.caddy, who.consul, who.postgres, ...builders]
}

export interface AccountPlan {
  readonly groups: string[]
  readonly users: string[]
  /** Users whose primary group is not the one of their name. */
  readonly regroup: string[]
  readonly join: { readonly user: string; readonly group: string }[]
}

function gidIn(group: string, name: string): number | null {
  const line = group.split('\n').find((entry) => entry.startsWith(`${name}:`))
  return line === undefined ? null : Number(line.split(':')[2])
}

/**
 * What is missing of an installation's users, as the machine's files stand. A program that adds users may be killed
 * between two of these files, so each is looked at by itself. Pure.
 */
export function missingAccounts(id: string, passwd: string, group: string): AccountPlan {
  const names = userNames(id)
  return {
    groups: [users(id).buildGroup, ...names].filter((name) => gidIn(group, name) === null),
    users: names.filter((name) => accountIn(passwd, name) === null),
    regroup: names.filter((name) => {
      const found = accountIn(passwd, name)
      return found !== null && found.gid !== gidIn(group, name)
    }),
    join: memberships(id).filter(({ user, group: name }) => !(membersIn(group, name) ?? []).includes(user)),
  }
}

export const isComplete = (plan: AccountPlan) =>
  plan.groups.length + plan.users.length + plan.regroup.length + plan.join.length === 0

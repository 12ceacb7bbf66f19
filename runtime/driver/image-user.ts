import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IMAGE_USER } from '../command/instance.ts'

export interface ImageUser {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
}

const MAX_ID = 65_535
const MOST_GROUPS = 64

const isId = (text: string | undefined): text is string =>
  text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= MAX_ID

/** The groups of an image's user by its accounts, which strangers wrote; without a line of its own its group is its uid. */
export function imageUserOf(uid: number, passwd: string, group: string): ImageUser {
  const own = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === IMAGE_USER)
  const gid = isId(own?.[3]) ? Number(own[3]) : uid
  const groups = group
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([, , id, members]) => isId(id) && members?.split(',').includes(IMAGE_USER) === true)
    .map(([, , id]) => Number(id))
  return { uid, gid, groups: [...new Set(groups)].slice(0, MOST_GROUPS) }
}

export function imageUser(uid: number, roots: readonly string[]): ImageUser {
  return imageUserOf(uid, uppermost(roots, 'etc/passwd'), uppermost(roots, 'etc/group'))
}

function uppermost(roots: readonly string[], file: string): string {
  const path = roots
    .map((root) => join(root, file))
    .find((one) => lstatSync(one, { throwIfNoEntry: false })?.isFile() === true)
  return path === undefined ? '' : readFileSync(path, 'utf8')
}

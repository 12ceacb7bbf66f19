import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IMAGE_USER } from '../command/instance.ts'

export interface ImageUser {
  readonly uid: number
  readonly gid: number
}

const MAX_ID = 65_535

/** The group of an image's user by its accounts, which strangers wrote; without a line of its own, that of its number. */
export function imageUserOf(uid: number, passwd: string): ImageUser {
  const gid = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === IMAGE_USER)?.[3]
  return { uid, gid: gid !== undefined && /^\d{1,5}$/.test(gid) && Number(gid) <= MAX_ID ? Number(gid) : uid }
}

/** `roots`: of the image, the uppermost first. */
export function imageUser(uid: number, roots: readonly string[]): ImageUser {
  const passwd = roots
    .map((root) => join(root, 'etc/passwd'))
    .find((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
  return imageUserOf(uid, passwd === undefined ? '' : readFileSync(passwd, 'utf8'))
}

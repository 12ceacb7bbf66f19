import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from './store.ts'

/** Where builds mount what is theirs, in their own mount namespace. Fixed, for it stands in the scripts of the box. */
export const CELL = '/nix/var/skypanel/cell'

/** Folders of builds in progress, below `<home>/nix` so that they are at the same place for every process. */
const WORK = 'var/skypanel/work'

export async function ensurePlaces(store: Store): Promise<void> {
  await mkdir(join(store.root, CELL.slice('/nix/'.length)), { recursive: true })
  await mkdir(join(store.root, WORK), { recursive: true, mode: 0o755 })
}

/** A folder for one stage: Nix's own temporary files, and what the disk limit counts. */
export interface WorkFolder {
  /** As processes in the namespace see it. */
  readonly inside: string
  readonly outside: string
  remove(): Promise<void>
}

let made = 0

export async function makeWorkFolder(store: Store): Promise<WorkFolder> {
  made += 1
  const name = `${process.pid}-${made}`
  const outside = join(store.root, WORK, name)
  await rm(outside, { recursive: true, force: true })
  await mkdir(outside, { recursive: true, mode: 0o755 })
  return {
    inside: `/nix/${WORK}/${name}`,
    outside,
    remove: () => rm(outside, { recursive: true, force: true }),
  }
}

/** Removes the folders of all stages; only for when none runs. Names of what was there. */
export async function clearWork(store: Store, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(store.root, WORK, name), { recursive: true, force: true })
}

export const workRoot = (store: Store) => join(store.root, WORK)

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { writeWhole } from './write-file.ts'

const Stored = z.object({
  version: z.literal(1),
  next: z.number().int(),
  apps: z.record(z.string(), z.number().int()),
})

/** Above what distributions hand out to users and their subordinate ids; 16,384 ranges of 65,536. */
const FIRST = 0x30000000
const SLOTS = 0x4000

/** Two installations begin at different places, so their apps seldom meet. */
export function rangeStart(installation: string, number: number): number {
  return FIRST + ((Number.parseInt(installation, 16) * 977 + number) % SLOTS) * 0x10000
}

/**
 * Which uids an app has on this node. A range is given to an app once and never again to another, so that files that
 * are left of one app can never become another's.
 */
export interface UidRanges {
  of(app: string): number
  find(app: string): number | null
  forget(app: string): void
}

export function openUidRanges(file: string, installation: string): UidRanges {
  let stored = existsSync(file)
    ? Stored.parse(JSON.parse(readFileSync(file, 'utf8')))
    : { version: 1 as const, next: 0, apps: {} }
  const save = (next: z.infer<typeof Stored>) => {
    mkdirSync(dirname(file), { recursive: true })
    writeWhole(file, JSON.stringify(next))
    stored = next
  }
  const find = (app: string) => stored.apps[app] ?? null
  return {
    find,
    of(app) {
      const known = find(app)
      if (known !== null) return known
      if (stored.next >= SLOTS)
        throw new Error(`This node has given out all of its ${SLOTS} ranges of user ids; set up another node`)
      const base = rangeStart(installation, stored.next)
      save({ ...stored, next: stored.next + 1, apps: { ...stored.apps, [app]: base } })
      return base
    },
    forget(app) {
      const { [app]: _, ...apps } = stored.apps
      save({ ...stored, apps })
    },
  }
}

import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeAtomic } from './atomic-file.ts'
import { physical, type Store } from './store.ts'

/** What a key led to the last time. */
export const StageRecord = z.object({
  path: z.string(),
  closure: z.array(z.string()),
  /** Bytes of the path alone. */
  size: z.number(),
  /** The output is the whole of /app: no layer beneath it is needed. */
  complete: z.boolean(),
  /** Further outputs by name, e.g. a toolchain's headers. */
  also: z.record(z.string(), z.object({ path: z.string(), closure: z.array(z.string()) })).optional(),
})
export type StageRecord = z.infer<typeof StageRecord>

/**
 * Our own table key → store path: with it nothing has to be evaluated to learn that nothing changed. One small file
 * per key below `<home>/agent/stages`.
 */
export class StageRecords {
  readonly #folder: string
  readonly #store: Store

  constructor(store: Store, agentState: string) {
    this.#store = store
    this.#folder = join(agentState, 'stages')
  }

  #there(record: StageRecord): boolean {
    const others = Object.values(record.also ?? {}).map((one) => one.path)
    return [record.path, ...others].every((path) => existsSync(physical(this.#store, path)))
  }

  async find(key: string): Promise<StageRecord | null> {
    const record = await readJson(join(this.#folder, key), StageRecord)
    return record !== null && this.#there(record) ? record : null
  }

  async keep(key: string, record: StageRecord): Promise<void> {
    await writeAtomic(join(this.#folder, key), JSON.stringify(record))
  }

  async forget(key: string): Promise<void> {
    await rm(join(this.#folder, key), { force: true })
  }

  /** Drops all records whose path is gone, or that `isValid` denies. */
  async prune(isValid: (path: string) => boolean): Promise<void> {
    for (const key of await readdir(this.#folder).catch(() => [])) {
      const record = await readJson(join(this.#folder, key), StageRecord)
      if (record === null || !this.#there(record) || !isValid(record.path)) await this.forget(key)
    }
  }
}

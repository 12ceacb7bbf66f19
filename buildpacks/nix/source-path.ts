import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildJob } from './build-job.ts'
import { storeName } from './expression.ts'
import { copyEntries, type Entry, isEverything, readTree, selectEntries, treeHash } from './source.ts'
import type { StageRecord } from './stage-records.ts'
import { addPath } from './store.ts'

/** What this build added to the store, in bytes. */
export interface Added {
  bytes: number
}

/** The exported commit, looked at once, and its parts as store paths. Equal content is added once, ever. */
export class SourcePaths {
  readonly #job: BuildJob
  readonly #entries: Entry[]
  readonly #added: Added
  /** Where the app lies in the exported commit. */
  readonly #folder: string

  constructor(job: BuildJob, added: Added) {
    this.#job = job
    this.#added = added
    this.#folder = join(job.request.source, 'app', job.request.plan.source.root)
    this.#entries = readTree(this.#folder)
  }

  /** Store path with an `app` folder that holds what the patterns name. */
  async path(patterns: readonly string[]): Promise<StageRecord> {
    const { workshop, request, stop } = this.#job
    const everything = isEverything(patterns)
    const entries = everything ? this.#entries : selectEntries(this.#entries, patterns)
    const key = `source-${treeHash(entries)}-${request.app}`.replaceAll(/[^A-Za-z0-9-]/g, '_')
    const known = await workshop.records.find(key)
    if (known !== null) return known
    const size = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    const record = await workshop.flight.run(key, stop.signal, async () => {
      const asItLies = everything && request.plan.source.root === '.'
      const folder = asItLies ? request.source : `${request.source}.${key.slice(7, 23)}`
      if (!asItLies) copyEntries(this.#folder, join(folder, 'app'), entries)
      try {
        const path = await addPath(workshop.store, storeName(request.app, 'source'), folder)
        // What is added as it lies there refers to nothing.
        const made = { path, closure: [path], size, complete: false }
        await workshop.records.keep(key, made)
        return made
      } finally {
        if (!asItLies) await rm(folder, { recursive: true, force: true })
      }
    })
    this.#added.bytes += record.size
    return record
  }
}

import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Finding } from '../bom/component.ts'

/** ms: advisories are published at all times, yet most builds come within hours of the last one. */
const FRESH = 6 * 3600_000

const Kept = z.record(z.string(), z.object({ at: z.number(), findings: z.array(Finding) }))
type Kept = z.infer<typeof Kept>

export interface AdvisoryCache {
  get(key: string, now: number): Finding[] | null
  put(entries: ReadonlyMap<string, Finding[]>, now: number): Promise<void>
}

/** What one source said of each package, on disk. `name`: the source with its address. */
export async function openAdvisoryCache(folder: string, name: string): Promise<AdvisoryCache> {
  const file = join(folder, `advisories-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.json`)
  let kept: Kept = {}
  try {
    kept = Kept.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // Absent, or of another version: the source is asked again.
  }
  return {
    get(key, now) {
      const entry = kept[key]
      return entry !== undefined && now >= entry.at && now - entry.at < FRESH ? entry.findings : null
    },
    async put(entries, now) {
      for (const [key, { at }] of Object.entries(kept)) if (now - at >= FRESH) delete kept[key]
      for (const [key, findings] of entries) kept[key] = { at: now, findings }
      await mkdir(folder, { recursive: true })
      const fresh = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
      await writeFile(fresh, JSON.stringify(kept))
      await rename(fresh, file)
    },
  }
}

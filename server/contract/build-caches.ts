import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Time } from './ids.ts'

/** A folder that an app's builds find again, e.g. what its package manager fetched. */
export const BuildCache = z.object({
  name: z.string(),
  /** The branch whose builds find it; null: those of all branches. */
  branch: z.string().nullable(),
  mb: z.number().int(),
  used_at: Time,
})
export type BuildCache = z.infer<typeof BuildCache>

export const buildCacheEndpoints = {
  list: endpoint('GET', '/apps/:app/build-caches', {
    access: 'app:view',
    summary: 'The caches of the app’s builds with their sizes.',
    reply: z.array(BuildCache),
  }),
  purge: endpoint('DELETE', '/apps/:app/build-caches', {
    access: 'app:deploy',
    summary: 'Drop the caches; the next build makes each of its steps anew.',
    reply: z.object({ freed_mb: z.number().int() }),
  }),
} as const

import { z } from 'zod'

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ dev: z.boolean().optional(), link: z.boolean().optional() }).loose(),
  ),
})

/**
 * The folders of packages that run in production, of npm's own record of what it installed
 * (`node_modules/.package-lock.json`). What lies inside of another package comes with that one. Pure.
 */
export function productionModules(record: unknown): string[] {
  return Object.entries(Lock.parse(record).packages)
    .filter(
      ([path, { dev, link }]) => path.lastIndexOf('node_modules/') === 0 && dev !== true && link !== true,
    )
    .map(([path]) => path)
    .sort()
}

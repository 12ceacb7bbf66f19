import { createHash } from 'node:crypto'
import { z } from 'zod'

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ dev: z.boolean().optional(), link: z.boolean().optional() }).loose(),
  ),
})

/** The same text for the same modules: a version may share them with an earlier one. Pure. */
export function modulesKey(record: unknown): string {
  const { packages } = Lock.parse(record)
  const facts = productionModules(record).map((path) => [path, packages[path]])
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}

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

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CACHE_ROOTS } from './build.ts'
import { pruneBases } from './image-base.ts'
import { clearWork, workRoot } from './places.ts'
import { callNix, callNixStore, invalidPaths, removeRoots, rootNames } from './store.ts'
import { runOrThrow } from './spawn.ts'
import type { Workshop } from './workshop.ts'

const MB = 1024 * 1024
const Sizes = z.record(z.string(), z.object({ narSize: z.number() }).nullable())

/** What the store holds, in MB, as its own database counts. */
async function storeMb(workshop: Workshop): Promise<number> {
  const { stdout, code, stderr } = await callNix(workshop.store, ['path-info', '--all', '--json'])
  if (code !== 0) throw new Error(`Could not measure the store: ${stderr.trim()}`)
  const sizes = Sizes.parse(JSON.parse(stdout))
  return Object.values(sizes).reduce((sum, path) => sum + (path?.narSize ?? 0), 0) / MB
}

async function deleteUnrooted(workshop: Workshop, atMostMb: number | null): Promise<void> {
  const { store } = workshop
  const limit = atMostMb === null ? [] : ['--max-freed', String(Math.ceil(atMostMb * MB))]
  const argv = [...store.enter, '/usr/bin/nice', '-n', '15', ...store.nix.nixStore, '--gc', ...limit]
  await runOrThrow(argv, { env: store.nix.env }, 'Collecting garbage in the store')
  // A path that was deleted by half when we were killed is gone for Nix, and must be for us.
  await workshop.records.prune(() => true)
}

/** Gives equal files of different paths one place on disk. Looks at every new file, so it is for quiet hours. */
export async function shareFiles({ store }: Workshop): Promise<void> {
  const idle = ['/usr/bin/nice', '-n', '19', '/usr/bin/ionice', '-c', '3']
  const argv = [...store.enter, ...idle, ...store.nix.nixStore, '--optimise']
  await runOrThrow(argv, { env: store.nix.env }, 'Sharing equal files of the store')
}

/** MB that became free. With a budget it first gives up what nobody needs, then what only makes next builds faster. */
export async function collectGarbage(workshop: Workshop, budgetMb: number | null): Promise<number> {
  for (const app of await workshop.caches.apps()) await workshop.caches.trim(app)
  await pruneBases(workshop.store, workshop.places.cache, Date.now())
  const before = await storeMb(workshop)
  if (budgetMb === null) await deleteUnrooted(workshop, null)
  else {
    if (before > budgetMb) await deleteUnrooted(workshop, before - budgetMb)
    const now = await storeMb(workshop)
    if (now > budgetMb) {
      for (const app of await rootNames(workshop.store, CACHE_ROOTS))
        await removeRoots(workshop.store, CACHE_ROOTS, app)
      await deleteUnrooted(workshop, now - budgetMb)
    }
  }
  return Math.max(0, Math.round(before - (await storeMb(workshop))))
}

/** Removes what builds left that did not end by themselves: work folders, locks, half outputs. Only while none runs. */
export async function sweepStore(workshop: Workshop): Promise<string[]> {
  const { store } = workshop
  await workshop.caches.sweep()
  await pruneBases(workshop.store, workshop.places.cache, Date.now())
  const work = await readdir(workRoot(store)).catch(() => [])
  await clearWork(store, work)
  const names = (await readdir(join(store.root, 'store')).catch(() => [])).filter(
    (name) => !name.startsWith('.'),
  )
  const paths = names.filter((name) => /^[0-9a-z]{32}-/.test(name)).map((name) => `/nix/store/${name}`)
  const halves = new Set<string>()
  // In portions, for an argv has an end.
  for (let from = 0; from < paths.length; from += 500) {
    for (const path of await invalidPaths(store, paths.slice(from, from + 500))) halves.add(path)
  }
  for (const path of halves)
    await rm(join(store.root, path.slice('/nix/'.length)), { recursive: true, force: true })
  await workshop.records.prune((path) => !halves.has(path))
  return [...work, ...halves]
}

export async function canReach(workshop: Workshop): Promise<string | null> {
  const { code, stderr } = await callNixStore(workshop.store, [
    '--check-validity',
    workshop.stacks.run.path,
    workshop.stacks.build.path,
  ])
  return code === 0 ? null : stderr.trim()
}

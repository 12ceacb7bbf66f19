import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type { FileView } from './file-view.ts'
import type { Note } from './plan.ts'
import type { LanguagePlan } from './provider.ts'
import { siteFolder } from './static-site.ts'
import { parsed } from './tool-files.ts'

const MAX_FOLDERS = 20

/** A name for a folder that no other folder of the app gets. */
export function cacheName(folder: string): string {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 6)
  return `own-${folder
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 30)}-${hash}`
}

/** Folders that `cache = ["…"]` of skypanel.toml names, and what is wrong with the others. */
export function ownCaches(view: FileView): { folders: string[]; notes: Note[] } {
  const said: unknown = parsed(view, 'skypanel.toml')['cache']
  if (said === undefined) return { folders: [], notes: [] }
  const listed: readonly unknown[] = Array.isArray(said) ? said : [said]
  const folders: string[] = []
  const notes: Note[] = []
  for (const one of listed.slice(0, MAX_FOLDERS)) {
    const folder = typeof one === 'string' ? siteFolder(one) : null
    if (folder !== null && folder !== '.') folders.push(folder)
    else
      notes.push({
        level: 'warn',
        code: 'cache.folder',
        message: `skypanel.toml#cache names ${JSON.stringify(one)?.slice(0, 80) ?? 'nothing'}, which is no folder below the app; it is left out.`,
      })
  }
  return { folders: [...new Set(folders)], notes }
}

/**
 * Lets the build find those folders as its last build on that branch left them. They lie outside of /app, so they are
 * neither shipped nor part of a key.
 */
export function withOwnCaches(plan: LanguagePlan, view: FileView): LanguagePlan {
  const { folders, notes } = ownCaches(view)
  const build = plan.steps.find(({ name }) => name === 'build')
  if (folders.length === 0 || build === undefined)
    return notes.length === 0 ? plan : { ...plan, notes: [...plan.notes, ...notes] }
  const links = folders.map(
    (folder) =>
      `mkdir -p ${posix.dirname(folder)} && rm -rf ${folder} && ln -sfn /cache/${cacheName(folder)} ${folder}`,
  )
  const names = folders.map(cacheName)
  return {
    ...plan,
    steps: plan.steps.map((step) =>
      step !== build
        ? step
        : {
            ...step,
            commands: [links.join('\n'), ...step.commands, `rm -f ${folders.join(' ')}`],
            caches: [...step.caches, ...names],
          },
    ),
    caches: {
      ...plan.caches,
      ...Object.fromEntries(
        names.map((name) => [name, { dir: `/cache/${name}`, scope: 'app+branch' as const }]),
      ),
    },
    notes: [...plan.notes, ...notes],
  }
}

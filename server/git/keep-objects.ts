import { link, mkdir, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { DomainError } from '../domain/errors.ts'

/**
 * Links a push's objects out of git's quarantine into the repository. git throws the quarantine away when the process
 * that receives the push dies, yet a build that has begun goes on and may go live: from here on its commit stays.
 * What no ref reaches in the end is removed by git's own collection.
 */
export async function keepObjects(repo: string, quarantine: string): Promise<void> {
  const objects = await realpath(join(repo, 'objects'))
  const from = await realpath(quarantine).catch(() => '')
  // The path comes from the hook's environment: only a folder of this very repository is read.
  if (!from.startsWith(objects + sep))
    throw new DomainError('bad_request', 'The push has no quarantine folder of this repository.')
  for (const folder of await readdir(from)) {
    if (!/^(pack|[0-9a-f]{2})$/.test(folder)) continue
    await mkdir(join(objects, folder), { recursive: true })
    const names = (await readdir(join(from, folder))).filter(
      (name) => !name.endsWith('.keep') && !name.startsWith('tmp_'),
    )
    // A pack counts from the moment that its index is there, so that comes last.
    for (const name of names.sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx'))))
      await link(join(from, folder, name), join(objects, folder, name)).catch(ignoreExisting)
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

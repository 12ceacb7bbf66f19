import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fail, ok, warn, type Check } from '../check.ts'
import { compareVolumes } from '../compare.ts'
import { records } from './invariants.ts'

/** Every volume of the database is on the disk, and no disk space is held by one that nobody knows. */
export const volumes: Check = {
  name: 'volumes',
  about: 'platform',
  async run(context) {
    const { at } = context
    const there: { app: string; volume: string }[] = []
    for (const app of await readdir(at.volumes).catch(() => []))
      for (const volume of await readdir(join(at.volumes, app)).catch(() => [])) there.push({ app, volume })
    const { missing, extra } = compareVolumes(there, (await records(context)).volumes)
    if (missing.length > 0)
      return fail(
        `volumes are gone from ${at.volumes}: ${missing.slice(0, 5).join(', ')}`,
        'Bring the folder back from a backup, or destroy them: skypanel volumes:destroy',
      )
    return extra.length === 0
      ? ok(`${there.length}, all known`)
      : warn(
          `volumes that belong to no app: ${extra.slice(0, 3).join(', ')}`,
          `Look into them, then remove their folders below ${at.volumes}`,
        )
  },
}

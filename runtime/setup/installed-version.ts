import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { paths } from '../installation.ts'

/** What runs: never the checkout, which may lie in a folder that only root can read, and may change at any time. */
export interface InstalledVersion {
  readonly name: string
  readonly folder: string
  readonly node: string
}

/** `current`, resolved. null before the first installation. */
export async function installedVersion(home: string): Promise<InstalledVersion | null> {
  const { current, versions } = paths(home)
  const name = await readlink(current).catch(() => null)
  return name === null ? null : versionAt(versions, name)
}

export function versionAt(versions: string, name: string): InstalledVersion {
  const folder = join(versions, name)
  return { name, folder, node: join(folder, 'bin', 'node') }
}

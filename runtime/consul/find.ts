import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { tryRun } from '../exec.ts'
import { atLeast } from './versions.ts'

/** The oldest whose configuration knows all of our keys. */
const OLDEST = '1.14.0'

export interface ConsulPlaces {
  /** What the operator named; nothing else is looked at then. */
  readonly explicit: string | null
  /** Search path, as in PATH. */
  readonly path: string
  /** Folders of ours that hold a compiled one. */
  readonly caches: readonly string[]
}

export interface FoundConsul {
  readonly path: string
  readonly version: string
}

/**
 * Looks for a Consul that can be used: the one that was named, on PATH (where packages put theirs), then what was
 * compiled before. null: there is none. Throws if the one that was named cannot be used.
 */
export async function findConsul(places: ConsulPlaces): Promise<FoundConsul | null> {
  if (places.explicit !== null) {
    const found = await usable(places.explicit)
    if (found !== null) return found
    throw new Error(`SKYPANEL_CONSUL=${places.explicit} is no Consul of ${OLDEST} or newer that can be run`)
  }
  for (const folder of places.path.split(':').filter((one) => one.startsWith('/'))) {
    const found = await usable(join(folder, 'consul'))
    if (found !== null) return found
  }
  for (const folder of places.caches) {
    const file = join(folder, 'consul')
    // It runs with our configuration: nobody but root may have put it there.
    const found = (await onlyRootWrites(folder)) && (await onlyRootWrites(file)) ? await usable(file) : null
    if (found !== null) return found
  }
  return null
}

async function usable(path: string): Promise<FoundConsul | null> {
  try {
    await access(path, constants.X_OK)
    const { code, stdout } = await tryRun([path, 'version'], { timeout: 20_000 })
    const version = /^Consul v(\S+)/m.exec(stdout)?.[1]
    return code === 0 && version !== undefined && atLeast(version, OLDEST) ? { path, version } : null
  } catch {
    return null
  }
}

async function onlyRootWrites(path: string): Promise<boolean> {
  try {
    const { uid, mode } = await stat(path)
    return uid === 0 && (mode & 0o022) === 0
  } catch {
    return false
  }
}

/**
 * Where compiled ones lie: of this installation, and of the machine. The second lets another installation, or a run
 * of the tests, go without the five minutes and 2.5 GB of download that a compile takes.
 */
export function consulCaches(version: string, homeCache: string | null, machineCache: string): string[] {
  const homes = homeCache === null ? [] : [join(homeCache, 'consul', version)]
  return [...homes, join(machineCache, 'consul', version)]
}

export function programOf(cache: string): string {
  return join(cache, 'consul')
}

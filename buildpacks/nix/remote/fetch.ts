import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { physical, type Store } from '../store.ts'
import { hashPart, parseNarInfo } from './nar-info.ts'
import type { S3 } from './s3.ts'

/** More archives than any app's step refers to. */
const MAX_PATHS = 2000

/**
 * Copies what the cache holds of a path, and of all that it refers to and this store lacks, into a folder that Nix
 * reads as a binary cache. False: the cache does not have it all. Nothing is trusted here; Nix checks every signature.
 */
export async function fetchClosure(s3: S3, store: Store, path: string, folder: string): Promise<boolean> {
  await mkdir(join(folder, 'nar'), { recursive: true })
  await writeFile(join(folder, 'nix-cache-info'), 'StoreDir: /nix/store\n')
  const waiting = [path.slice('/nix/store/'.length)]
  const seen = new Set(waiting)
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const hash = hashPart(name)
    if (hash === null) return false
    if (existsSync(physical(store, `/nix/store/${name}`))) continue
    if (seen.size > MAX_PATHS) throw new Error(`the cache names more than ${MAX_PATHS} paths for one output`)
    const file = join(folder, `${hash}.narinfo`)
    if (!(await s3.get(`${hash}.narinfo`, file))) return false
    const info = parseNarInfo(await readFile(file, 'utf8'))
    if (info === null) throw new Error(`${hash}.narinfo in the cache is malformed`)
    if (!(await s3.get(info.url, join(folder, info.url)))) return false
    for (const reference of info.references) {
      if (seen.has(reference)) continue
      seen.add(reference)
      waiting.push(reference)
    }
  }
  return true
}

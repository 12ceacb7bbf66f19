import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseNarInfo } from './nar-info.ts'
import type { S3 } from './s3.ts'

/**
 * Puts what Nix wrote into the folder of a binary cache to S3: archives first, so that no description names one that
 * is not there yet. Archives go from the folder then, descriptions stay: by them Nix knows what was sent already.
 * Stopped at any point, the next call goes on with what is left. The number of paths sent.
 */
export async function sendFolder(s3: S3, folder: string): Promise<number> {
  const sent = join(folder, 'sent')
  await mkdir(sent, { recursive: true })
  const names = (await readdir(folder)).filter((name) => name.endsWith('.narinfo'))
  const fresh = names.filter((name) => !existsSync(join(sent, name)))
  if (fresh.length === 0) return 0
  if (!existsSync(join(sent, 'nix-cache-info'))) {
    await s3.put('nix-cache-info', join(folder, 'nix-cache-info'))
    await writeFile(join(sent, 'nix-cache-info'), '')
  }
  for (const name of fresh) {
    const info = parseNarInfo(await readFile(join(folder, name), 'utf8'))
    if (info === null) throw new Error(`${join(folder, name)} is malformed; remove ${folder}`)
    const archive = join(folder, info.url)
    if (!existsSync(archive)) continue
    await s3.put(info.url, archive)
    await rm(archive)
  }
  for (const name of fresh) {
    await s3.put(name, join(folder, name))
    await writeFile(join(sent, name), '')
  }
  return fresh.length
}

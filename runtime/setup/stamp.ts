import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Written under another name first: a file of ours is whole or is not there. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const half = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(half, text, { mode })
  await rename(half, path)
}

/** What a step has done, and from what; a step whose facts did not change has nothing to do. */
export async function hasStamp(home: string, step: string, facts: string): Promise<boolean> {
  return (await readFile(join(home, 'setup', step), 'utf8').catch(() => null)) === facts
}

export async function stamp(home: string, step: string, facts: string): Promise<void> {
  await writeWhole(join(home, 'setup', step), facts)
}

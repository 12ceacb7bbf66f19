import { readFile, stat } from 'node:fs/promises'
import type { SealingKey } from './sealer.ts'

/**
 * The key file: one key a line, `<id> <64 hex digits>`, the newest first; a line of 64 hex digits alone is key 0. To
 * rotate, put a new line above. A file of exactly 32 bytes is key 0 as well.
 */
export function parseKeys(content: Buffer): SealingKey[] {
  if (content.length === 32) return [{ id: 0, key: content }]
  const lines = content
    .toString('latin1')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const keys = lines.map((line) => {
    const found = /^(?:(\d{1,3}) )?([0-9a-f]{64})$/i.exec(line)
    const id = Number(found?.[1] ?? 0)
    if (found?.[2] === undefined || id > 255) throw new Error('the key file holds a line that is no key')
    return { id, key: Buffer.from(found[2], 'hex') }
  })
  if (keys.length === 0) throw new Error('the key file is empty')
  if (new Set(keys.map(({ id }) => id)).size < keys.length)
    throw new Error('the key file has two keys with the same id')
  return keys
}

/** @throws when the file is missing or readable by others: whoever has it and the database has every secret. */
export async function readKeys(file: string): Promise<SealingKey[]> {
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) {
    throw new Error(
      `${file} can be read by other users (mode ${(mode & 0o777).toString(8)}). Type: chmod 400 ${file}`,
    )
  }
  return parseKeys(await readFile(file))
}

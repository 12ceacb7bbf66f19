import { readFile } from 'node:fs/promises'
import type { Credentials } from './sign.ts'

/** Reads the `[default]` section (or what stands before any section) of a file as the AWS CLI keeps it. */
export function parseCredentials(text: string): Credentials | null {
  const found = new Map<string, string>()
  let section = 'default'
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    if (head !== undefined) section = head
    const pair = /^\s*([a-z_]+)\s*=\s*(\S+)\s*$/.exec(line)
    if (pair?.[1] !== undefined && pair[2] !== undefined && section === 'default') found.set(pair[1], pair[2])
  }
  const [accessKeyId, secretAccessKey] = [found.get('aws_access_key_id'), found.get('aws_secret_access_key')]
  if (accessKeyId === undefined || secretAccessKey === undefined) return null
  return { accessKeyId, secretAccessKey, sessionToken: found.get('aws_session_token') ?? null }
}

/** Read again for each use: a file that is rotated counts at once. Throws without saying what stands in it. */
export async function readCredentials(file: string): Promise<Credentials> {
  const found = parseCredentials(await readFile(file, 'utf8'))
  if (found === null)
    throw new Error(
      `${file} holds no aws_access_key_id and aws_secret_access_key in its section [default]; write both lines.`,
    )
  return found
}

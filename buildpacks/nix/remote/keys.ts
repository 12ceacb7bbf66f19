import { chmod, readFile, writeFile } from 'node:fs/promises'
import type { Store } from '../store.ts'
import { runOrThrow } from '../spawn.ts'

/** The key that signs what this installation puts into a cache; made at first use. Gives the public half. */
export async function ensureKey(store: Store, file: string): Promise<string> {
  const nix = [...store.enter, ...store.nix.nix, 'key']
  const options = { env: store.nix.env }
  const there = await readFile(file, 'utf8').catch(() => null)
  const secret =
    there ??
    (await runOrThrow(
      [...nix, 'generate-secret', '--key-name', 'skypanel-cache-1'],
      options,
      'Making the key of the build cache',
    ))
  if (there === null) {
    await writeFile(file, secret, { mode: 0o600 })
    await chmod(file, 0o600)
  }
  const argv = [...nix, 'convert-secret-to-public']
  return (await runOrThrow(argv, { ...options, input: secret }, 'Reading the key of the build cache')).trim()
}

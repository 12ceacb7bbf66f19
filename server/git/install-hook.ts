import {
  access,
  chmod,
  constants,
  mkdir,
  readFile,
  rename,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Puts the pre-receive hook into `folder`, to be named by core.hooksPath: the native program when `nativeFile` (JSON
 * `{path}` of the store path that holds bin/hook) names one that can be run, else the script beside this module.
 * `nix` is where this process sees /nix: only agent and instances live where the store has that name. `run` is the argv
 * before the script, e.g. `['/usr/bin/node']`.
 */
export async function installHook(
  folder: string,
  nativeFile: string,
  nix: string,
  run: readonly string[],
): Promise<'native' | 'script'> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const target = join(folder, 'pre-receive')
  const fresh = `${target}.new`
  await unlink(fresh).catch(() => undefined)
  const native = await nativeHook(nativeFile, nix)
  if (native !== null) await symlink(native, fresh)
  else {
    const script = import.meta.url.replace(/install-hook\.(ts|js)$/, 'pre-receive.$1')
    await writeFile(fresh, hookScript([...run, fileURLToPath(script)]), { mode: 0o755 })
    await chmod(fresh, 0o755)
  }
  // git may be reading the old one right now.
  await rename(fresh, target)
  return native === null ? 'script' : 'native'
}

/** A script of one line that becomes argv by env's own splitting; no shell reads it. */
export function hookScript(argv: readonly string[]): string {
  const bad = argv.find((word) => /[\s"'\\#$]/.test(word))
  if (bad !== undefined)
    throw new Error(
      `the path ${bad} cannot stand in the first line of a script; install the platform elsewhere`,
    )
  return `#!/usr/bin/env -S ${argv.slice(0, -1).join(' ')} ${argv.at(-1) ?? ''}\n`
}

async function nativeHook(nativeFile: string, nix: string): Promise<string | null> {
  try {
    const facts: unknown = JSON.parse(await readFile(nativeFile, 'utf8'))
    if (typeof facts !== 'object' || facts === null || !('path' in facts) || typeof facts.path !== 'string')
      return null
    const hook = join(facts.path.replace(/^\/nix(?=\/)/, nix), 'bin', 'hook')
    await access(hook, constants.X_OK)
    return hook
  } catch {
    // Not built yet, or built into a store that this process cannot see: the script does the same, slower to start.
    return null
  }
}

import type { Inventory } from './inventory.ts'
import { chooseManager } from './manager-versions.ts'
import type { RegistryPackages } from './registry-packages.ts'
import { staleNote } from './stale-note.ts'

/** Exact Deno versions, as the npm registry carries them. `architecture` as Node names it. */
export function denoInventory(packages: RegistryPackages, architecture: string): Inventory {
  return {
    async resolve(tool, context) {
      const { versions, staleSince } = await packages.list(`@deno/linux-${architecture}-glibc`, context.now)
      const found = chooseManager(tool, versions, { ...context, resolved: new Map() })
      if (!found.ok)
        return { ...found, hint: found.hint.replace('package.json#packageManager', '.deno-version') }
      return { ...found, notes: [...staleNote('deno', staleSince, context.now), ...found.notes] }
    },
  }
}

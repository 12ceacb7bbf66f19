import type { Registries } from '../registries.ts'
import { denoInventory } from './deno.ts'
import { goInventory } from './go.ts'
import { goProxy } from './go-proxy.ts'
import type { Inventories } from './inventory.ts'
import { bunInventory, pnpmInventory, yarnInventory } from './manager-versions.ts'
import { nodeInventory } from './node.ts'
import { npmInventory } from './npm.ts'
import { pypiInventory } from './pypi.ts'
import { registryPackages } from './registry-packages.ts'

/** Everything that can be resolved with the machine's registries. `architecture` as Node names it: x64, arm64. */
export function createInventories(
  registries: Pick<Registries, 'npm'> & Partial<Pick<Registries, 'go' | 'pip'>>,
  cacheFolder: string,
  architecture: string,
): Inventories {
  const packages = registryPackages(registries.npm.registry, cacheFolder)
  const go = registries.go === undefined ? null : goProxy(registries.go, cacheFolder, architecture)
  const pypi = pypiInventory(
    registries.pip?.indexUrl ?? registries.pip?.ownIndex ?? null,
    cacheFolder,
    architecture,
  )
  return new Map([
    ['go', goInventory(go)],
    ['node', nodeInventory(packages, architecture)],
    ['npm', npmInventory(packages)],
    ['pnpm', pnpmInventory(packages, architecture)],
    ['yarn', yarnInventory(packages)],
    ['bun', bunInventory(packages, architecture)],
    ['deno', denoInventory(packages, architecture)],
    ...['uv', 'poetry', 'pdm', 'pipenv', 'zig'].map((name) => [name, pypi] as const),
  ])
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildEngine, CellProvider } from '../../buildpacks/engine.ts'
import type { RemoteOptions } from '../../buildpacks/nix/remote/remote-cache.ts'
import { Registries } from '../../buildpacks/registries.ts'
import type { AgentConfig } from '../config.ts'
import { users } from '../installation.ts'

export function readRegistries(file: string): Registries {
  if (!existsSync(file))
    throw new Error(
      `${file} is not there; run \`npm start\`, which records where this machine's packages come from`,
    )
  return Registries.parse(JSON.parse(readFileSync(file, 'utf8')))
}

/** All URLs that builds may have to reach; `caches` are the operator's for flakes, with spaces between them. */
export function registryUrls(registries: Registries, caches = ''): string[] {
  const lists = [registries.go.proxy, registries.go.sumdb].flatMap((text) => (text ?? '').split(/[,| ]/))
  const sites = [
    registries.npm.registry,
    registries.pip.indexUrl,
    ...registries.pip.extraIndexUrls,
    registries.apt.archive,
    registries.apt.security,
    ...lists,
    ...(registries.images?.insecure ?? []).map((place) => `http://${place}`),
    ...caches.split(/\s+/),
  ]
  return sites.filter((url): url is string => url !== null && URL.canParse(url))
}

async function remoteOptions(cache: NonNullable<AgentConfig['buildCache']>): Promise<RemoteOptions> {
  const { parseRemotePlace } = await import('../../buildpacks/nix/remote/place.ts')
  return {
    place: parseRemotePlace(cache.url),
    credentials: cache.credentials,
    trusted: cache.trusted,
    warn: (message) => process.stderr.write(`${message}\n`),
  }
}

/** The engine that the installation's driver goes with. */
export async function openEngine(config: AgentConfig, cells: CellProvider): Promise<BuildEngine> {
  if (config.installation.driver === 'fake') {
    const { FakeEngine } = await import('../../buildpacks/fake-engine.ts')
    return new FakeEngine(join(config.paths.agentState, 'fake-builds'))
  }
  const { NixEngine } = await import('../../buildpacks/nix/engine.ts')
  const { parseFlakeCaches } = await import('../../buildpacks/nix/flake/flake-caches.ts')
  return new NixEngine({
    places: config.paths,
    buildGroup: users(config.installation.id).buildGroup,
    registries: readRegistries(config.paths.registries),
    cells,
    flakeCaches: parseFlakeCaches(config.flakeCaches.urls, config.flakeCaches.keys),
    ...(config.buildCache === null ? {} : { remote: await remoteOptions(config.buildCache) }),
  })
}

import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { webUrl } from '../domain/hostname.ts'
import { ROUTER_LAG, type DeploySettings } from './deploy-context.ts'

/**
 * Threads count. Tools start some for each processor that they see; beyond that, thousands that end at once keep the
 * kernel from the neighbours for tens of ms.
 */
const buildProcesses = (processors: number) => Math.min(4_096, 768 + 128 * processors)

/** Figures that nobody had to change so far stand here, the others in the server's configuration. */
export function deploySettings(config: Config, epoch: number): DeploySettings {
  const { paths, build } = config
  return {
    epoch,
    builder: `skypanel ${config.version}`,
    builds: paths.builds,
    inventoryCache: join(paths.cache, 'inventories'),
    registries: paths.registries,
    nix: paths.nix,
    osv: config.osv,
    logsSocket: paths.logsSocket,
    bootTimeout: config.bootTimeout,
    rolloutSlack: 60,
    drain: ROUTER_LAG + config.openRequestsMs,
    grace: 30,
    releasePhase: 3_600,
    keepReleases: config.keepReleases,
    memoryOvercommit: config.memoryOvercommit,
    storeBudget: null,
    build: { ...build, cpuMilli: 2_000, pids: buildProcesses(availableParallelism()) },
    webUrl: (name) => webUrl(name, config.reach),
  }
}

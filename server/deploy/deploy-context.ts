import { ROUTER_REFRESH } from '../contract/directory.ts'
import type { Sealer } from '../secrets/sealer.ts'
import type { Db } from '../store/db.ts'
import type { Bus } from './bus.ts'
import type { Crash } from './crash-points.ts'
import type { NodeClient } from './node-client.ts'
import type { SourceControl } from './push-intake.ts'

export interface DeploySettings {
  /** This server's number; raised at each start. */
  readonly epoch: number
  /** For plans and user agents, e.g. `skypanel 0.1.0`. */
  readonly builder: string
  /** Folder of the builds: `<builds>/<id>/source/app` is what a build begins with. */
  readonly builds: string
  /** Folder for what inventories keep of the registries. */
  readonly inventoryCache: string
  /** File with the machine's package registries (buildpacks/registries.ts). */
  readonly registries: string
  /** Where this process sees /nix. */
  readonly nix: string
  /** Folder of OSV files, or null. */
  readonly osv: string | null
  readonly logsSocket: string
  /** Seconds until an instance that is not ready has failed. */
  readonly bootTimeout: number
  /** Seconds that all instances of a release together may take beyond their boot timeouts. */
  readonly rolloutSlack: number
  /** ms between leaving the registry and SIGTERM. */
  readonly drain: number
  /** Seconds between SIGTERM and SIGKILL. */
  readonly grace: number
  /** Seconds that a release phase may take. */
  readonly releasePhase: number
  readonly keepReleases: number
  /** How many times a node's memory may be promised. */
  readonly memoryOvercommit: number
  /** MB that the store may hold after a collection; null: only what is not needed goes. */
  readonly storeBudget: number | null
  readonly build: {
    readonly seconds: number
    readonly memoryMb: number
    readonly diskMb: number
    readonly cpuMilli: number
    readonly pids: number
  }
  /** How an app is reached, for the last line of a push. */
  webUrl(name: string): string
}

/** ms: the router may go by an older answer for as long; a second on top. */
export const ROUTER_LAG = ROUTER_REFRESH + 1_000

/** What deploying is made of; each function names the parts that it needs. */
export interface DeployContext {
  readonly db: Db
  readonly node: NodeClient
  readonly git: SourceControl
  readonly seal: Sealer
  readonly newId: <Id extends string>() => Id
  readonly bus: Bus
  readonly crash: Crash
  readonly settings: DeploySettings
  readonly log: {
    info(facts: object, message: string): void
    warn(facts: object, message: string): void
    error(facts: object, message: string): void
  }
}

import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CellProvider } from '../engine.ts'
import { AppCaches } from './app-caches.ts'
import type { Registries } from '../registries.ts'
import { FlakeCaches, type FlakeCacheOptions } from './flake/flake-caches.ts'
import { ensureNix } from './nix.ts'
import { ensurePlaces } from './places.ts'
import { Gate, SingleFlight } from './single-flight.ts'
import { ASSETS, readStacks, type Stacks } from './stack.ts'
import { type RemoteOptions, RemoteCache } from './remote/remote-cache.ts'
import { StageRecords, type StageRecord } from './stage-records.ts'
import type { Store } from './store.ts'

export interface EngineOptions {
  /** Folders of the installation, as `paths(home)` of `runtime/installation.ts` names them. */
  readonly places: {
    readonly nix: string
    readonly nixConf: string
    readonly nixPackages: string
    readonly agentState: string
    readonly cache: string
  }
  /** `users(id).buildGroup`. */
  readonly buildGroup: string
  readonly registries: Registries
  readonly cells: CellProvider
  /** A binary cache beside the store; absent: there is none. */
  readonly remote?: RemoteOptions
  /** Nix binary caches for the flakes of apps; absent: there are none. */
  readonly flakeCaches?: FlakeCacheOptions
  /** argv that enters the namespace in which the store is `/nix`; empty for a process that lives there. */
  readonly enter?: readonly string[]
}

/** What all builds of an engine share. */
export interface Workshop extends Omit<EngineOptions, 'remote' | 'flakeCaches'> {
  readonly remote: RemoteCache | null
  readonly flakeCaches: FlakeCaches
  readonly store: Store
  readonly stacks: Stacks
  readonly records: StageRecords
  readonly flight: SingleFlight<StageRecord>
  readonly gate: Gate
  readonly caches: AppCaches
  /** Hash of the files that carry stages out: with another box, every stage is another one. */
  readonly revision: string
  /** Key for hashes of config vars. */
  readonly salt: string
}

const SCRIPTS = ['stage.nix', 'box.sh', 'inner.sh', 'toolchain.nix', 'unpack-node.sh', 'unpack-npm.sh']

async function readRevision(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of SCRIPTS) hash.update(await readFile(join(ASSETS, name)))
  return hash.digest('hex')
}

async function readSalt(agentState: string): Promise<string> {
  const file = join(agentState, 'build-salt')
  try {
    await writeFile(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readFile(file, 'utf8')
}

/** Null as long as set-up has not made the stacks. */
export async function openWorkshop(options: EngineOptions): Promise<Workshop | null> {
  const stacks = await readStacks(options.places.agentState)
  if (stacks === null) return null
  const nix = await ensureNix(
    { ...options.places, buildGroup: options.buildGroup },
    options.registries,
    () => undefined,
  )
  const store: Store = { nix, root: options.places.nix, enter: options.enter ?? [] }
  await ensurePlaces(store)
  const { remote, flakeCaches, ...others } = options
  return {
    ...others,
    flakeCaches: new FlakeCaches(flakeCaches ?? { urls: [], keys: [] }, store),
    remote:
      remote === undefined
        ? null
        : new RemoteCache(
            remote,
            store,
            join(options.places.cache, 'remote'),
            join(options.places.agentState, 'cache-key'),
          ),
    store,
    stacks,
    records: new StageRecords(store, options.places.agentState),
    flight: new SingleFlight(),
    gate: new Gate(),
    caches: new AppCaches(options.places.cache),
    revision: await readRevision(),
    salt: await readSalt(options.places.agentState),
  }
}

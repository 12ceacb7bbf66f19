import type { BuildPlan } from './plan.ts'

/** Limits of one build. A build that reaches one fails with its name, and harms nothing outside of its cell. */
export interface BuildLimits {
  readonly memoryMb: number
  readonly cpuMilli: number
  readonly pids: number
  readonly diskMb: number
  readonly seconds: number
}

/**
 * A cell: pid and mount namespace, network namespace with egress rules, cgroup. Whoever runs builds provides them;
 * the engine only prefixes its argv with `prefix`.
 */
export interface Cell {
  /** argv that runs what follows it inside the cell; the first element is an absolute path. */
  readonly prefix: readonly string[]
  /** The resolv.conf and CA bundle that steps with network get to see. */
  readonly resolvConf: string
  readonly caBundle: string
  oomKills(): Promise<number>
  /** SIGKILL to everything inside; resolves when no process is left. */
  kill(): Promise<void>
  close(): Promise<void>
}

export interface CellProvider {
  open(name: string, limits: BuildLimits): Promise<Cell>
}

export interface BuildRequest {
  readonly build: string
  readonly app: string
  /** What is built for; caches of what a framework builds are kept for each branch. Absent: for all of them. */
  readonly branch?: string
  /** Folder whose `app` folder holds the exported commit. The engine only reads it. */
  readonly source: string
  /** A resolved plan: every tool has its version and hash. */
  readonly plan: BuildPlan
  /** Config vars that the plan's steps may read. Never in a derivation, an argv or a log. */
  readonly env: Readonly<Record<string, string>>
  readonly limits: BuildLimits
}

export type BuildProgress =
  | { readonly type: 'line'; readonly text: string }
  | {
      readonly type: 'stage'
      readonly name: string
      readonly state: 'started' | 'cached' | 'done' | 'failed'
      readonly ms?: number
    }

/**
 * How instances of an image are started. Its store path is the artifact's `stack` and holds `root`, `owners` and
 * `whiteouts`.
 */
export interface ImageLaunch {
  readonly uid: number
  readonly workdir: string
  /** Store path of a root that `root` lies over; null: that is all of it. */
  readonly base: string | null
}

/** Store paths of a finished build, as `contract/nodes.ts#Artifact` names them. */
export interface BuiltArtifact {
  readonly stack: string
  readonly layers: readonly string[]
  readonly tools: readonly string[]
  /** Layers over the stack, the uppermost first; absent: none. */
  readonly system?: readonly string[]
  readonly closure: readonly string[]
  /** Only of a Dockerfile: the release is a whole root file system. */
  readonly image?: ImageLaunch
  readonly env: Readonly<Record<string, string>>
  readonly processTypes: Readonly<Record<string, string>>
  readonly size: number
}

/** A folder that an app's builds find again. */
export interface BuildCache {
  readonly name: string
  /** null: all branches share it. */
  readonly branch: string | null
  readonly mb: number
  /** ms since 1970. */
  readonly usedAt: number
}

export type BuildOutcome =
  | { readonly ok: true; readonly artifact: BuiltArtifact }
  | {
      readonly ok: false
      readonly code: 'no_buildpack' | 'build_failed' | 'build_canceled' | 'disk_full' | 'internal_error'
      readonly message: string
      readonly hint: string | null
    }

/**
 * Turns a plan into store paths. The artifact is rooted under the build's id before `build` resolves, so no garbage
 * collection can come between. Two builds with the same stage key share one run of it.
 */
export interface BuildEngine {
  readonly name: 'nix' | 'fake'
  fingerprint(): Promise<{ ok: boolean; detail: string; stack: string | null }>
  build(
    request: BuildRequest,
    progress: (event: BuildProgress) => void,
    signal: AbortSignal,
  ): Promise<BuildOutcome>
  /** Builds that have a root. */
  rooted(): Promise<string[]>
  unroot(build: string): Promise<void>
  /** Deletes what no root holds, until the store is below the budget (null: everything unrooted). MB freed. */
  collect(budgetMb: number | null): Promise<number>
  /** What only saves disk and takes long; builds and collections go on beside it. */
  tidy(): Promise<void>
  /** What an app's builds find again, with sizes. Walks through the files. */
  caches(app: string): Promise<BuildCache[]>
  /** Drops an app's caches; its next build makes all of its steps anew. MB freed. */
  purgeCaches(app: string): Promise<number>
  /** Everything that is kept for an app's next build. */
  forgetApp(app: string): Promise<void>
  /** What is left of builds that ended uncleanly; called at start, before the first build. */
  sweep(): Promise<string[]>
}

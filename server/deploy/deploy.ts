import type { Access } from '../contract/endpoint.ts'
import type { Formation, Instance } from '../contract/formation.ts'
import type { AccountId, AppId, DeploymentId } from '../contract/ids.ts'
import type { Build, Deployment, Release } from '../contract/releases.ts'
import type { Run } from '../contract/runs.ts'
import type { Tx } from '../store/db.ts'

/** Who asks: the account that a token belongs to. */
export interface Actor {
  readonly account: AccountId
  /** Shown as the author of releases and builds. */
  readonly email: string
}

export type AppAccess = Extract<Access, `app:${string}`>

export interface BuildLogLine {
  /** 1, 2, 3 … without gaps; what `after` refers to. */
  readonly seq: number
  readonly text: string
}

export interface ScaleUpdate {
  readonly type: string
  readonly quantity: number
  readonly size?: string | undefined
}

export interface RunInput {
  readonly command: string
  readonly attach: boolean
  readonly pty: { readonly rows: number; readonly columns: number } | null
  readonly env: Readonly<Record<string, string>>
}

/**
 * Everything that makes code run. Methods that change something take the caller's transaction, so that the change,
 * its audit line and the notice that wakes the loops are one commit; they return before the effect: instances
 * follow, and the deployment tells when they did. All of them throw `DomainError` with a code of contract/errors.ts.
 * Methods that only read take a plain connection of their own.
 */
export interface Deploy extends AsyncDisposable {
  /**
   * Makes a release with the config vars as they stand in this transaction: call it after having written them. Nulls
   * when the app has no release yet; the vars then go live with the first push.
   */
  releaseConfig(
    tx: Tx,
    app: AppId,
    actor: Actor,
    description: string,
  ): Promise<{ release: number | null; deployment: DeploymentId | null }>
  /** Without a version: the one before the current. Errors: no_release, release_not_found, release_collected. */
  rollback(
    tx: Tx,
    app: AppId,
    actor: Actor,
    input: { version?: number | undefined; formation: boolean },
  ): Promise<{ release: Release; deployment: DeploymentId }>
  /** Errors: no_release, process_type_unknown, invalid_params (an unknown size). */
  scale(tx: Tx, app: AppId, actor: Actor, updates: readonly ScaleUpdate[]): Promise<Formation[]>
  /** Everything, one process type, or one instance (by name or id). */
  restart(
    tx: Tx,
    app: AppId,
    actor: Actor,
    input: { type?: string | undefined; instance?: string | undefined },
  ): Promise<{ deployment: DeploymentId }>
  /**
   * Marks the app as `destroying` and removes instances, repository, caches, logs and at last its row. Whatever runs
   * on it is canceled first. From this call on the app's name stays taken until the row is gone.
   */
  destroy(tx: Tx, app: AppId, actor: Actor): Promise<{ deployment: DeploymentId }>
  /** Errors: build_not_found, conflict when it ended already. */
  cancelBuild(tx: Tx, app: AppId, build: string): Promise<Build>
  /** A one-off instance of the current release. Errors: no_release. */
  createRun(tx: Tx, app: AppId, actor: Actor, input: RunInput): Promise<Run>

  listReleases(app: AppId, limit: number): Promise<Release[]>
  release(app: AppId, version: number): Promise<Release>
  listBuilds(app: AppId, limit: number): Promise<Build[]>
  build(app: AppId, build: string): Promise<Build>
  deployment(app: AppId, deployment: string): Promise<Deployment>
  formation(app: AppId): Promise<Formation[]>
  instances(app: AppId): Promise<Instance[]>
  /**
   * Where the bytes of an attached run are: the agent's unix socket and the path to upgrade. Resolves once the
   * instance exists. Errors: not_found, conflict when the run has ended or was not started with `attach`.
   */
  attachPath(app: AppId, run: string, signal: AbortSignal): Promise<{ socket: string; path: string }>
  /** Lines after `after`, then those that come; ends with the build's deployment. */
  watchBuildLog(app: AppId, build: string, after: number, signal: AbortSignal): AsyncIterable<BuildLogLine>

  /** Takes over what an earlier server left, then runs the loops until disposal. */
  start(): Promise<void>
}

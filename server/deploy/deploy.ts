import type { Readable } from 'node:stream'
import type { Access } from '../contract/endpoint.ts'
import type { AccountId, AppId, DeploymentId } from '../contract/ids.ts'
import type { Build, Deployment, NewBuild, Release, Upload } from '../contract/releases.ts'
import type { DeployContext } from './deploy-context.ts'
import type { BuildCache } from '../contract/build-caches.ts'
import type { Node } from '../contract/cluster.ts'
import type { CronEntry, CronRun } from '../contract/cron.ts'
import type { DriverName } from '../contract/drivers.ts'
import type { Formation, Instance } from '../contract/formation.ts'
import type { PushIntake } from './push-intake.ts'
import type { Exec, Run } from '../contract/runs.ts'
import type { Tx } from '../store/db.ts'
import { DomainError, isDomainError } from '../domain/errors.ts'
import type { DeployStrategy } from '../contract/deploys.ts'
import { abort } from '../rollouts/abort.ts'
import { pause } from '../rollouts/pause.ts'
import { promote } from '../rollouts/promote.ts'
import { resume } from '../rollouts/resume.ts'
import { setStrategy, type StrategyChange } from '../rollouts/strategy.ts'
import type { NodeNetwork } from '../network/egress.ts'
import { keepNetworks, publishNetworks } from '../network/publish-networks.ts'
import { attachRun } from '../runs/attach-run.ts'
import { listBuildCaches, purgeBuildCaches } from '../build/build-caches.ts'
import { cancelBuild } from '../build/cancel-build.ts'
import { createBuild } from '../build/create-build.ts'
import { createPushIntake } from './take-push.ts'
import { createRun } from '../runs/create-run.ts'
import { destroyApp } from './destroy-app.ts'
import { execInInstance, execPath } from '../runs/exec-in-instance.ts'
import { getDeployment, deploymentOfBuild, showDeployment } from '../store/deployments.ts'
import { listBuilds, showBuild } from '../store/builds.ts'
import { listFormation, scale } from '../formation/scale.ts'
import { listCron } from '../cron/list-cron.ts'
import { runNow } from '../cron/run-now.ts'
import { startSchedules } from '../cron/run-schedule.ts'
import { cronRuns } from '../store/cron.ts'
import { listNodes } from '../nodes/list-nodes.ts'
import { listInstances } from '../formation/list-instances.ts'
import { listReleases, showRelease } from '../store/releases.ts'
import { releaseConfig } from '../releases/release-config.ts'
import { requireDriver } from './require-driver.ts'
import { restart } from '../formation/restart.ts'
import { rollback } from '../releases/rollback.ts'
import { scheduleCollections } from './collect-schedule.ts'
import { startJobs } from './run-jobs.ts'
import { startObserving } from './observe.ts'
import { startReconciling } from './reconcile.ts'
import { uploadSource } from '../build/upload-source.ts'
import { watchMemory } from './watch-memory.ts'
import { createNodeVolumes, type NodeVolumes } from '../volumes/node-volumes.ts'
import { watchBuild } from '../build/watch-build.ts'

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
  readonly time: string | null
}

export interface ScaleUpdate {
  readonly type: string
  readonly quantity: number
  readonly size?: string | undefined
}

export interface ExecInput {
  /** null: a shell. */
  readonly command: string | null
  readonly pty: { readonly rows: number; readonly columns: number } | null
  readonly env: Readonly<Record<string, string>>
}

export interface RunInput {
  readonly command: string
  readonly attach: boolean
  readonly pty: { readonly rows: number; readonly columns: number } | null
  readonly env: Readonly<Record<string, string>>
  readonly size?: string | undefined
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
  /** Errors: no_release, process_type_unknown, invalid_params (an unknown size), no_room. */
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
  /**
   * A deploy of code that is not pushed. Errors: not_found (the upload), build_not_found, no_release, conflict,
   * invalid_params (an address that sources are not fetched from).
   */
  createBuild(
    tx: Tx,
    app: AppId,
    actor: Actor,
    input: NewBuild,
  ): Promise<{ build: Build; deployment: DeploymentId }>
  /** Takes an archive in, to be built from within a day. Errors: bad_request, too_large, build_failed. */
  upload(app: AppId, actor: Actor, archive: Readable, signal: AbortSignal): Promise<Upload>
  /** What the app's builds find again. Errors: node_unavailable. */
  buildCaches(app: AppId): Promise<BuildCache[]>
  purgeBuildCaches(app: AppId): Promise<{ freed_mb: number }>
  /** What the node makes of the policies of apps. */
  readonly network: NodeNetwork
  readonly volumes: NodeVolumes
  /**
   * How a deployment that goes on is to go on; `deployment` is an id or `current`. Errors: not_found, and conflict where
   * it does not stand at a point where that means anything.
   */
  steer(tx: Tx, app: AppId, actor: Actor, deployment: string, how: Steering): Promise<Deployment>
  /** Errors: invalid_params. */
  setStrategy(tx: Tx, app: AppId, change: StrategyChange): Promise<DeployStrategy>
  /** Errors: invalid_params when no node can run instances by it, node_unavailable. */
  requireDriver(wanted: DriverName): Promise<void>
  /** A one-off instance of the current release. Errors: no_release, invalid_params (an unknown size), no_room. */
  createRun(tx: Tx, app: AppId, actor: Actor, input: RunInput): Promise<Run>
  /** Runs an entry of the schedule now. Errors: not_found, conflict when a run goes on or there is no room. */
  runCron(tx: Tx, app: AppId, entry: string): Promise<CronRun>
  /** A command inside of a running instance, named or by id. Errors: not_found, conflict, node_unavailable. */
  execInInstance(tx: Tx, app: AppId, instance: string, input: ExecInput): Promise<Exec>

  listReleases(app: AppId, limit: number): Promise<Release[]>
  release(app: AppId, version: number): Promise<Release>
  listBuilds(app: AppId, limit: number): Promise<Build[]>
  build(app: AppId, build: string): Promise<Build>
  deployment(app: AppId, deployment: string): Promise<Deployment>
  formation(app: AppId): Promise<Formation[]>
  instances(app: AppId): Promise<Instance[]>
  /** What the release that serves runs at its times. */
  cron(app: AppId): Promise<CronEntry[]>
  /** What was due, the latest first. */
  cronRuns(app: AppId, entry: string | null, limit: number): Promise<CronRun[]>
  /** The machines, with what is promised on them. */
  nodes(): Promise<Node[]>
  /**
   * Where the bytes of an attached run are: the agent's unix socket and the path to upgrade. Resolves once the
   * instance exists. Errors: not_found, conflict when the run has ended or was not started with `attach`.
   */
  attachPath(app: AppId, run: string, signal: AbortSignal): Promise<{ socket: string; path: string }>
  /** The same for a command inside of an instance. Errors: not_found, conflict when the instance has ended. */
  execPath(app: AppId, instance: string, exec: string): Promise<{ socket: string; path: string }>
  /** Lines after `after`, then those that come; ends with the build's deployment. */
  watchBuildLog(app: AppId, build: string, after: number, signal: AbortSignal): AsyncIterable<BuildLogLine>

  /** Takes over what an earlier server left, then runs the loops until disposal. */
  start(): Promise<void>
}

export type Steering = 'pause' | 'resume' | 'promote' | 'abort'
const STEERING = { pause, resume, promote, abort } as const

/** Wires deploying up. `intake` is what git's side is given; nothing runs before `start`. */
export function createDeploy(ctx: DeployContext): Deploy & { readonly intake: PushIntake } {
  const { db } = ctx
  const loops: (AsyncDisposable | Disposable)[] = []
  return {
    intake: createPushIntake(ctx),
    releaseConfig: (tx, app, actor, description) => releaseConfig(ctx, tx, app, actor, description),
    rollback: (tx, app, actor, input) => rollback(ctx, tx, app, actor, input),
    scale: (tx, app, actor, updates) => scale(ctx, tx, app, actor, updates),
    restart: (tx, app, actor, input) => restart(ctx, tx, app, actor, input),
    destroy: (tx, app, actor) => destroyApp(ctx, tx, app, actor),
    cancelBuild: (tx, app, build) => cancelBuild(ctx, tx, app, build),
    createBuild: (tx, app, actor, input) => createBuild(ctx, tx, app, actor, input),
    upload: (app, actor, archive, signal) => uploadSource(ctx, app, actor, archive, signal),
    buildCaches: (app) => listBuildCaches(ctx, app),
    purgeBuildCaches: (app) => purgeBuildCaches(ctx, app),
    steer: (tx, app, actor, deployment, how) => STEERING[how](ctx, tx, app, actor, deployment),
    setStrategy: (tx, app, change) => setStrategy(ctx, tx, app, change),
    network: nodeNetworkOf(ctx),
    volumes: createNodeVolumes(ctx),
    requireDriver: (wanted) => requireDriver(ctx, wanted),
    createRun: (tx, app, actor, input) => createRun(ctx, tx, app, actor, input),
    execInInstance: (tx, app, instance, input) => execInInstance(ctx, tx, app, instance, input),
    listReleases: (app, limit) => listReleases(db, app, limit),
    async release(app, version) {
      return (
        (await showRelease(db, app, version)) ??
        missing('release_not_found', `There is no release v${version}. List them with: skypanel releases`)
      )
    },
    listBuilds: (app, limit) => listBuilds(db, app, limit),
    async build(app, build) {
      return (
        (await showBuild(db, app, build)) ??
        missing('build_not_found', 'There is no such build. List them with: skypanel builds')
      )
    },
    async deployment(app, deployment) {
      return (
        (await showDeployment(db, app, deployment)) ?? missing('not_found', 'There is no such deployment.')
      )
    },
    formation: (app) => listFormation(db, app),
    instances: (app) => listInstances(db, app),
    cron: (app) => listCron(db, app),
    cronRuns: (app, entry, limit) => cronRuns(db, app, entry, limit),
    runCron: (tx, app, entry) => runNow(ctx, tx, app, entry),
    nodes: () => listNodes(ctx),
    attachPath: (app, run, signal) => attachRun(ctx, app, run, signal),
    execPath: (app, instance, exec) => execPath(ctx, app, instance, exec),
    async *watchBuildLog(app, build, after, signal) {
      const shown = await showBuild(db, app, build)
      if (shown === null)
        return missing('build_not_found', 'There is no such build. List them with: skypanel builds')
      const deployment = await deploymentOfBuild(db, shown.id)
      const isOver = async () => {
        const now = deployment === null ? null : await getDeployment(db, deployment.id)
        return now === null || (now.state !== 'queued' && now.state !== 'running')
      }
      yield* watchBuild(ctx, shown.id, after, isOver, signal)
    },
    async start() {
      // Whoever leads a node is known there before any order is given.
      loops.push(
        startObserving(ctx),
        startReconciling(ctx),
        startJobs(ctx),
        scheduleCollections(ctx),
        watchMemory(ctx),
        startSchedules(ctx),
        keepNetworks(ctx),
      )
    },
    async [Symbol.asyncDispose]() {
      for (const loop of loops.splice(0).reverse()) {
        if (Symbol.asyncDispose in loop) await loop[Symbol.asyncDispose]()
        else loop[Symbol.dispose]()
      }
    },
  }
}

function nodeNetworkOf(ctx: DeployContext): NodeNetwork {
  const unless = async <T>(work: () => Promise<T>, away: T): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (isDomainError(error, 'node_unavailable')) return away
      throw error
    }
  }
  return {
    apply: () => unless(async () => (await publishNetworks(ctx), true), false),
    hosts: (app) => unless(async () => (await ctx.node.call('egressHosts', { app })).hosts, null),
  }
}

function missing(code: 'release_not_found' | 'build_not_found' | 'not_found', message: string): never {
  throw new DomainError(code, message)
}

import { cancelBuild } from '../build/cancel-build.ts'
import { watchBuild } from '../build/watch-build.ts'
import { DomainError } from '../domain/errors.ts'
import { listInstances } from '../formation/list-instances.ts'
import { restart } from '../formation/restart.ts'
import { listFormation, scale } from '../formation/scale.ts'
import { releaseConfig } from '../releases/release-config.ts'
import { rollback } from '../releases/rollback.ts'
import { attachRun } from '../runs/attach-run.ts'
import { createRun } from '../runs/create-run.ts'
import { listBuilds, showBuild } from '../store/builds.ts'
import { getDeployment, deploymentOfBuild, showDeployment } from '../store/deployments.ts'
import { listReleases, showRelease } from '../store/releases.ts'
import { createBus } from './bus.ts'
import { scheduleCollections } from './collect-schedule.ts'
import { createCrash } from './crash-points.ts'
import type { Deploy } from './deploy.ts'
import type { DeployContext } from './deploy-context.ts'
import { destroyApp } from './destroy-app.ts'
import { startObserving } from './observe.ts'
import type { PushIntake } from './push-intake.ts'
import { startReconciling } from './reconcile.ts'
import { startJobs } from './run-jobs.ts'
import { createPushIntake } from './take-push.ts'

export interface DeployDeps extends Omit<DeployContext, 'bus' | 'crash'> {
  /** See crash-points.ts; null in production. */
  readonly crashAt: string | null
}

/** Wires deploying up. `pushes` is what git's side is given; nothing runs before `start`. */
export function createDeploy(deps: DeployDeps): Deploy & { readonly pushes: PushIntake } {
  const bus = createBus(deps.db)
  const crash = createCrash(deps.crashAt, () => process.kill(process.pid, 'SIGKILL'))
  const ctx: DeployContext = { ...deps, bus, crash }
  const { db } = ctx
  const loops: (AsyncDisposable | Disposable)[] = []
  return {
    pushes: createPushIntake(ctx),
    releaseConfig: (tx, app, actor, description) => releaseConfig(ctx, tx, app, actor, description),
    rollback: (tx, app, actor, input) => rollback(ctx, tx, app, actor, input),
    scale: (tx, app, actor, updates) => scale(ctx, tx, app, actor, updates),
    restart: (tx, app, actor, input) => restart(ctx, tx, app, actor, input),
    destroy: (tx, app, actor) => destroyApp(ctx, tx, app, actor),
    cancelBuild: (tx, app, build) => cancelBuild(ctx, tx, app, build),
    createRun: (tx, app, actor, input) => createRun(ctx, tx, app, actor, input),
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
    attachPath: (app, run, signal) => attachRun(ctx, app, run, signal),
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
      loops.push(startObserving(ctx), startReconciling(ctx), startJobs(ctx), scheduleCollections(ctx))
    },
    async [Symbol.asyncDispose]() {
      for (const loop of loops.splice(0).reverse()) {
        if (Symbol.asyncDispose in loop) await loop[Symbol.asyncDispose]()
        else loop[Symbol.dispose]()
      }
      bus[Symbol.dispose]()
    },
  }
}

function missing(code: 'release_not_found' | 'build_not_found' | 'not_found', message: string): never {
  throw new DomainError(code, message)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { collectBuilds } from '../build/collect-builds.ts'
import { getDeployment, type DeploymentRow } from '../store/deployments.ts'
import { claimJob, finishJob, holdJob, LEASE, renewLeases, type JobRow } from '../store/jobs.ts'
import type { DeployContext } from './deploy-context.ts'
import { destroySteps } from './destroy-steps.ts'
import { asRejected, reject } from './finish.ts'
import { NodeError } from './node-client.ts'
import { pushSteps } from './push-steps.ts'
import { sourceSteps } from './source-steps.ts'
import { AlreadyDone, LeaseLost, Rejected } from './rejected.ts'
import { releaseSteps } from './turn-step.ts'
import { isPassing } from './verdict.ts'
import { runSteps, type Work, type WorkStep } from './work.ts'

const POLL = 2_000
const HEARTBEAT = (LEASE * 1_000) / 5
const RETRY = { first: 200, most: 5_000 } as const

/** Why a run is broken off while its job goes on with the next server. */
class Stopping extends Error {}

/**
 * Takes jobs and carries them out, any number at once and one per app. The first look takes over what a server before
 * this one left: its deployments go on at the step at which they stand.
 */
export function startJobs(ctx: DeployContext): AsyncDisposable {
  const running = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>()
  let stopped = false
  let claiming = false
  let asked = false

  async function claimAll(): Promise<void> {
    if (claiming) {
      asked = true
      return
    }
    claiming = true
    try {
      do {
        asked = false
        for (let job = await claim(); job !== null; job = await claim()) begin(job)
      } while (asked)
    } catch (error) {
      if (!isPassing(error)) ctx.log.error({ error: String(error) }, 'no job could be taken')
    }
    claiming = false
  }

  const claim = async () => (stopped ? null : claimJob(ctx.db, ctx.settings.epoch))

  function begin(job: JobRow): void {
    // A lease of ours that ran out while the loop was stuck: the run that holds it goes on.
    if (running.has(job.id)) return
    const abort = new AbortController()
    if (job.cancel_requested) abort.abort(new Rejected('build_canceled', 'it was canceled'))
    const done = carryOut(ctx, job, abort.signal).finally(() => {
      running.delete(job.id)
      void claimAll()
    })
    running.set(job.id, { abort, done })
  }

  async function heartbeat(): Promise<void> {
    if (running.size === 0) return
    try {
      const held = await renewLeases(ctx.db, ctx.settings.epoch, [...running.keys()])
      for (const [id, { abort }] of running) {
        const lease = held.find((one) => one.id === id)
        if (lease?.cancel_requested === true) abort.abort(new Rejected('build_canceled', 'it was canceled'))
      }
    } catch (error) {
      if (!isPassing(error)) ctx.log.error({ error: String(error) }, 'leases could not be renewed')
    }
  }

  const look = () => {
    void claimAll()
    void heartbeat()
  }
  const stopHearing = ctx.bus.hear((what) => {
    if (what === null || 'jobs' in what) look()
  })
  const poll = setInterval(() => void claimAll(), POLL)
  const beat = setInterval(() => void heartbeat(), HEARTBEAT)
  void claimAll()

  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      stopHearing()
      clearInterval(poll)
      clearInterval(beat)
      for (const { abort } of running.values()) abort.abort(new Stopping())
      await Promise.allSettled([...running.values()].map(({ done }) => done))
    },
  }
}

/** Runs a job to its end. What passes by itself (database or node away) is waited for, at the step that met it. */
async function carryOut(ctx: DeployContext, job: JobRow, signal: AbortSignal): Promise<void> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await runOnce(ctx, job, signal)
    } catch (error) {
      if (error instanceof LeaseLost || error instanceof Stopping) return
      if (error instanceof NodeError && error.id === 'stale_epoch') return
      if (!isPassing(error)) {
        ctx.log.error({ job: job.id, error: String(error) }, 'a job could not be ended')
        return
      }
    }
    await sleep(Math.min(RETRY.most, RETRY.first * 2 ** Math.min(failures, 10)))
    if (signal.reason instanceof Stopping) return
  }
}

async function runOnce(ctx: DeployContext, job: JobRow, signal: AbortSignal): Promise<void> {
  if (job.kind === 'collect') {
    await collectBuilds(ctx)
    await ctx.db.transaction(async (tx) => {
      if ((await holdJob(tx, job.id, ctx.settings.epoch)) !== null) await finishJob(tx, job.id)
    })
    return
  }
  const deployment = job.deployment_id === null ? null : await getDeployment(ctx.db, job.deployment_id)
  if (deployment === null) return
  const work: Work = { ctx, job, deployment, signal, lines: [] }
  try {
    await runSteps(work, stepsOf(deployment))
  } catch (error) {
    if (
      error instanceof AlreadyDone ||
      error instanceof LeaseLost ||
      error instanceof Stopping ||
      isPassing(error)
    ) {
      if (error instanceof AlreadyDone) return
      throw error
    }
    if (error instanceof NodeError && error.id === 'stale_epoch') throw error
    if (!(error instanceof Rejected))
      ctx.log.error(
        {
          deployment: deployment.id,
          error: String(error),
          stack: error instanceof Error ? error.stack : undefined,
        },
        'a deployment failed',
      )
    // Half of an app is worse than a late end: a destruction is tried again until it is through.
    if (deployment.kind === 'destroy') {
      await sleep(RETRY.most)
      return runOnce(ctx, job, signal)
    }
    await reject(work, asRejected(error))
  }
}

function stepsOf({ kind, detail }: DeploymentRow): readonly WorkStep[] {
  if (kind === 'push') return 'source' in detail ? sourceSteps : pushSteps
  return kind === 'destroy' ? destroySteps : releaseSteps
}

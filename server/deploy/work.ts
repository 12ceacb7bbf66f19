import { lockApp } from '../store/apps.ts'
import type { Tx } from '../store/db.ts'
import { appendLines } from '../store/builds.ts'
import { enterStep, writeJournal, type DeploymentRow } from '../store/deployments.ts'
import { holdJob, type JobRow } from '../store/jobs.ts'
import type { StepName } from './crash-points.ts'
import type { DeployContext } from './deploy-context.ts'
import { LeaseLost, Rejected } from './rejected.ts'

/** One job's run over a deployment's steps. */
export interface Work {
  readonly ctx: DeployContext
  readonly job: JobRow
  readonly deployment: DeploymentRow
  /** Aborted when the deployment is canceled, the lease lost or the server stopped. */
  readonly signal: AbortSignal
  /** Lines for the pusher that are not stored yet: they go into the transaction of the next step. */
  readonly lines: string[]
}

export interface WorkStep {
  readonly name: StepName
  /** May run again after a crash: what it did the first time it finds done. */
  readonly run: (work: Work) => Promise<void>
  /** What is written in the transaction that enters the step. */
  readonly enter?: (tx: Tx, work: Work) => Promise<void>
}

/**
 * Goes through the steps, from the one that the deployment stands at. The journal's row and the step are written
 * before the effect; a step that was entered and not left is run again by whoever takes the job over.
 */
export async function runSteps(work: Work, steps: readonly WorkStep[]): Promise<void> {
  const { ctx, deployment } = work
  const at = Math.max(
    0,
    steps.findIndex(({ name }) => name === deployment.step),
  )
  for (const [index, step] of steps.entries()) {
    if (index < at) continue
    await guarded(work, async (tx) => {
      await enterStep(tx, deployment.id, step.name)
      await writeJournal(tx, {
        app: deployment.app_id,
        deployment: deployment.id,
        step: step.name,
        detail: { attempt: work.job.attempt },
      })
      await step.enter?.(tx, work)
    })
    ctx.crash(`${step.name}.entered`)
    await step.run(work)
    ctx.crash(`${step.name}.done`)
  }
}

/** A transaction that only the job's holder makes; stores the waiting lines with it. */
export async function guarded<T>(
  work: Work,
  change: (tx: Tx, held: { readonly cancel_requested: boolean }) => Promise<T>,
): Promise<T> {
  const { ctx, job, deployment } = work
  const before = [...work.lines]
  try {
    const result = await ctx.db.transaction(async (tx) => {
      // The app first, as everybody does who changes it: who cancels holds it and then marks the job.
      await lockApp(tx, deployment.app_id)
      const held = await holdJob(tx, job.id, ctx.settings.epoch)
      if (held === null) throw new LeaseLost()
      const done = await change(tx, held)
      // Also what the change itself had to say: lines and the step that they tell of are there together.
      if (work.lines.length > 0 && deployment.build_id !== null)
        await appendLines(tx, deployment.build_id, work.lines, null)
      return done
    })
    if (work.lines.length > 0 && deployment.build_id !== null) ctx.bus.wake({ log: deployment.build_id })
    work.lines.length = 0
    return result
  } catch (error) {
    work.lines.splice(0, work.lines.length, ...before)
    throw error
  }
}

/** Stores the waiting lines now, for a step that takes its time. */
export async function showLines(work: Work): Promise<void> {
  if (work.lines.length > 0) await guarded(work, async () => undefined)
}

/** Throws what a canceled or stopped job is to end with. */
export function checkSignal({ signal }: Work): void {
  if (!signal.aborted) return
  throw signal.reason instanceof Error ? signal.reason : new Rejected('build_canceled', 'it was canceled')
}

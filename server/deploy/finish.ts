import { isDomainError } from '../domain/errors.ts'
import { rejectionLines } from '../build/output.ts'
import { endBuild } from '../store/builds.ts'
import { finishDeployment, getDeployment, writeJournal } from '../store/deployments.ts'
import { finishJob } from '../store/jobs.ts'
import { closeRelease } from '../store/releases.ts'
import { Rejected } from './rejected.ts'
import { clearBuild } from '../build/clear-build.ts'
import { guarded, type Work, type WorkStep } from './work.ts'

/** The end of a deployment that went well, and of its job, in one transaction. */
export const finishStep: WorkStep = {
  name: 'finish',
  async run(work) {
    const { ctx, deployment, job } = work
    await guarded(work, async (tx) => {
      await finishDeployment(tx, deployment.id, 'succeeded', null, null)
      await finishJob(tx, job.id)
    })
    announceEnd(work)
    if (deployment.build_id !== null) await clearBuild(ctx, deployment.build_id)
  },
}

/** The end of a deployment that does not go live: nothing that served was touched, and its author is told why. */
export async function reject(work: Work, rejected: Rejected): Promise<void> {
  const { ctx, job, deployment } = work
  const canceled = rejected.code === 'build_canceled' || rejected.code === 'deploy_aborted'
  if (deployment.build_id !== null) work.lines.push(...rejectionLines(rejected))
  const reason = `${rejected.message.charAt(0).toUpperCase()}${rejected.message.slice(1)}`
  await guarded(work, async (tx) => {
    const row = await getDeployment(tx, deployment.id)
    await writeJournal(tx, {
      app: deployment.app_id,
      deployment: deployment.id,
      step: 'reject',
      detail: { code: rejected.code, reason },
    })
    if (row?.release_id != null) await closeRelease(tx, row.release_id, 'failed', reason)
    if (row?.build_id != null) await endBuild(tx, row.build_id, canceled ? 'canceled' : 'failed', reason)
    await finishDeployment(tx, deployment.id, canceled ? 'canceled' : 'failed', rejected.code, reason)
    await finishJob(tx, job.id)
  })
  ctx.crash('reject.journaled')
  announceEnd(work)
  if (deployment.build_id !== null) await clearBuild(ctx, deployment.build_id)
}

/** What a deployment ends with when something else than its own outcome came in between. */
export function asRejected(error: unknown): Rejected {
  if (error instanceof Rejected) return error
  if (isDomainError(error)) return new Rejected(error.code, error.message, { cause: error })
  return new Rejected('internal_error', 'the platform failed; this is not your app’s fault.', {
    hint: 'Push again. If it stays, ask the operator to look into the server’s log.',
    cause: error,
  })
}

function announceEnd({ ctx, deployment }: Work): void {
  ctx.bus.wake({ app: deployment.app_id })
  ctx.bus.wake({ jobs: true })
  if (deployment.build_id !== null) ctx.bus.wake({ log: deployment.build_id })
}

import type { DeploymentId, ReleaseId } from '../contract/ids.ts'
import type { Verdict } from '../domain/rollout-model.ts'
import { lockApp } from '../store/apps.ts'
import { insertDeployment, openWork, writeJournal } from '../store/deployments.ts'
import { insertJob } from '../store/jobs.ts'
import { currentRelease, insertRelease, lockReleaseByVersion } from '../store/releases.ts'
import { endWatch } from '../store/rollouts.ts'
import type { View } from './apply-step.ts'
import type { DeployContext } from './deploy-context.ts'
import { tell } from './platform-log.ts'

/** Shown as the author of what nobody asked for. */
const AUTHOR = 'skypanel'

/**
 * What went live crashes over and over, so the release before is asked to come back: a rollback like any other, begun
 * once. Somebody's own work on the app, which waits or goes on, is not overtaken.
 */
export async function backOut(
  ctx: DeployContext,
  { app, facts }: View,
  { to, reason }: Extract<Verdict, { kind: 'back-out' }>,
): Promise<void> {
  const from = facts.current?.version
  const begun = await ctx.db.transaction(async (tx) => {
    const row = await lockApp(tx, app)
    const live = await currentRelease(tx, app)
    if (row?.state !== 'active' || live === null || live.version !== from) return false
    const work = await openWork(tx, app)
    await endWatch(tx, app)
    const old = await lockReleaseByVersion(tx, app, to)
    if (work.length > 0 || old === null || old.collected) return false
    const release = ctx.newId<ReleaseId>()
    await insertRelease(tx, {
      id: release,
      app,
      build: old.build_id,
      kind: 'rollback',
      description: `Rollback to v${to}: ${reason}`,
      account: null,
      author: AUTHOR,
      processTypes: old.process_types,
      configOf: old.id,
      basedOn: live.version,
    })
    const deployment = ctx.newId<DeploymentId>()
    await insertDeployment(tx, {
      id: deployment,
      app,
      kind: 'rollback',
      state: 'queued',
      release,
      account: null,
      author: AUTHOR,
    })
    await insertJob(tx, { id: ctx.newId(), kind: 'deploy', app, deployment })
    await writeJournal(tx, { app, deployment, step: 'back-out', detail: { from, to, reason } })
    await ctx.bus.announce(tx, { jobs: true })
    return true
  })
  ctx.crash('back-out.journaled')
  if (begun) tell(ctx, app, 'api', `Release v${from ?? 0} failed (${reason}): v${to} comes back`)
}

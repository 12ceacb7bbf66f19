import { isDomainError } from '../domain/errors.ts'
import { refuseQuantity } from '../domain/volumes.ts'
import type { Verdict } from '../domain/rollout.ts'
import { lockApp } from '../store/apps.ts'
import { getDeployment, storeVerdict, writeJournal } from '../store/deployments.ts'
import { clearCrashes, setQuantity } from '../store/formation.ts'
import { volumesOf } from '../store/volumes.ts'
import { closeRelease, getRelease, promoteRelease, restoreConfig } from '../store/releases.ts'
import type { View } from './apply-step.ts'
import type { DeployContext } from './deploy-context.ts'
import { tell } from './platform-log.ts'

/**
 * Makes the candidate the release that serves, or gives it up: one transaction, so that there is never a moment with
 * two serving releases or none. Whoever waits for the rollout finds the verdict in the deployment's row.
 */
export async function carryOut(
  ctx: DeployContext,
  view: View,
  verdict: Exclude<Verdict, { kind: 'none' }>,
): Promise<void> {
  const { candidate } = view.facts
  if (candidate === null) return
  await ctx.db.transaction(async (tx) => {
    const app = await lockApp(tx, view.app)
    const deployment = await getDeployment(tx, candidate.deployment)
    // Canceled, judged or destroyed in the meantime.
    if (app?.state !== 'active' || deployment?.state !== 'running' || deployment.release_id !== candidate.id)
      return
    if (deployment.detail.verdict !== undefined) return
    await writeJournal(tx, {
      app: view.app,
      deployment: candidate.deployment,
      step: verdict.kind,
      detail: { release: candidate.version },
    })
    if (verdict.kind === 'abandon') {
      await closeRelease(tx, candidate.id, 'failed', verdict.reason)
      const tail = view.rows.find(({ id }) => id === verdict.instance)?.exit?.tail ?? []
      await storeVerdict(tx, candidate.deployment, { code: verdict.code, reason: verdict.reason, tail })
      return
    }
    await promoteRelease(tx, view.app, candidate.id)
    await clearCrashes(tx, view.app)
    const release = await getRelease(tx, candidate.id)
    if (release?.kind === 'rollback') await restoreConfig(tx, release)
    if (release !== null && deployment.detail['formation'] === true) {
      const volumes = await volumesOf(tx, view.app)
      for (const { type, quantity, size } of formationOfDetail(deployment.detail['quantities'])) {
        // A type that has got a volume since then can have one alone.
        const most = refuseQuantity({ volumes }, type, quantity) === null ? quantity : 1
        await setQuantity(tx, view.app, type, most, size)
      }
    }
    await storeVerdict(tx, candidate.deployment, { code: null, reason: '', tail: [] })
  })
  ctx.crash(verdict.kind === 'complete' ? 'complete.journaled' : 'abandon.journaled')
  if (verdict.kind === 'complete') tell(ctx, view.app, 'api', `Release v${candidate.version} is live`)
  else tell(ctx, view.app, 'api', `Release v${candidate.version} failed: ${verdict.reason}`)
}

function formationOfDetail(
  value: unknown,
): { readonly type: string; readonly quantity: number; readonly size: string }[] {
  return Array.isArray(value) ? (value as { type: string; quantity: number; size: string }[]) : []
}

/**
 * Database and node come back by themselves, and of two transactions that met one is to be done again; everything else
 * is a fault worth a line.
 */
export const isPassing = (error: unknown) =>
  isDomainError(error, 'database_unavailable') ||
  isDomainError(error, 'node_unavailable') ||
  isDomainError(error, 'conflict')

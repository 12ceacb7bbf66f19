import { type DeployStrategy } from '../contract/deploys.ts'
import type { AppId } from '../contract/ids.ts'
import { isDomainError } from '../domain/errors.ts'
import type { Verdict } from '../domain/rollout-model.ts'
import { refuseQuantity } from '../domain/volumes.ts'
import { lockApp } from '../store/apps.ts'
import type { Tx } from '../store/db.ts'
import { type DeploymentRow, getDeployment, storeVerdict, writeJournal } from '../store/deployments.ts'
import { clearCrashes, setQuantity } from '../store/formation.ts'
import { volumesOf } from '../store/volumes.ts'
import { closeRelease, getRelease, promoteRelease, restoreConfig } from '../store/releases.ts'
import { holdRollout, keepFormer, promoteCanaries } from '../store/rollouts.ts'
import type { View } from './apply-step.ts'
import { backOut } from './back-out.ts'
import type { DeployContext } from './deploy-context.ts'
import { tell } from './platform-log.ts'
import { rolloutSeconds } from './rollout-time.ts'

type Decided = Exclude<Verdict, { kind: 'none' }>
type OfCandidate = Exclude<Decided, { kind: 'back-out' }>
type Candidate = NonNullable<View['facts']['candidate']>

/**
 * Takes a candidate to its next stage, makes it the release that serves, or gives it up: one transaction, so that there
 * is never a moment with two serving releases or none. Whoever waits for the rollout finds the verdict in the
 * deployment's row.
 */
export async function carryOut(
  ctx: DeployContext,
  view: View,
  strategy: DeployStrategy,
  verdict: Decided,
): Promise<void> {
  if (verdict.kind === 'back-out') return await backOut(ctx, view, verdict)
  const { candidate } = view.facts
  if (candidate === null) return
  const done = await ctx.db.transaction(async (tx) => {
    const app = await lockApp(tx, view.app)
    const deployment = await getDeployment(tx, candidate.deployment)
    // Canceled, paused, judged or destroyed in the meantime.
    if (app?.state !== 'active' || deployment === null || !isOpen(deployment, candidate, verdict))
      return false
    await writeJournal(tx, {
      app: view.app,
      deployment: candidate.deployment,
      step: verdict.kind,
      detail: {
        release: candidate.version,
        ...(verdict.kind === 'abandon' ? { reason: verdict.reason } : {}),
      },
    })
    await decide(ctx, tx, view, strategy, deployment, candidate, verdict)
    return true
  })
  if (verdict.kind === 'complete') ctx.crash('complete.journaled')
  if (verdict.kind === 'abandon') ctx.crash('abandon.journaled')
  if (done) tell(ctx, view.app, 'api', `Release v${candidate.version} ${outcomeOf(verdict)}`)
}

function isOpen(deployment: DeploymentRow, candidate: Candidate, verdict: OfCandidate): boolean {
  const { state, release_id, rolling, paused } = deployment
  const open = state === 'running' && release_id === candidate.id && rolling
  return (
    open &&
    deployment.detail.verdict === undefined &&
    (!paused || candidate.paused || verdict.kind === 'abandon')
  )
}

async function decide(
  ctx: DeployContext,
  tx: Tx,
  view: View,
  strategy: DeployStrategy,
  deployment: DeploymentRow,
  candidate: Candidate,
  verdict: OfCandidate,
): Promise<void> {
  switch (verdict.kind) {
    case 'hold':
      return await holdRollout(tx, deployment.id)
    case 'promote':
      return await promoteCanaries(
        tx,
        deployment.id,
        await rolloutSeconds(ctx, tx, view.app, deployment.release_id),
      )
    case 'abandon': {
      await closeRelease(tx, candidate.id, 'failed', verdict.reason)
      const tail = view.rows.find(({ id }) => id === verdict.instance)?.exit?.tail ?? []
      return await storeVerdict(tx, deployment.id, { code: verdict.code, reason: verdict.reason, tail })
    }
    case 'complete': {
      const keep = strategy.strategy === 'blue-green' ? strategy.keep_seconds : 0
      const former = view.facts.current?.version ?? null
      await keepFormer(tx, view.app, former, { keep, watch: strategy.watch_seconds })
      return await goLive(tx, view.app, deployment, candidate)
    }
    default:
      return verdict satisfies never
  }
}

async function goLive(tx: Tx, app: AppId, deployment: DeploymentRow, candidate: Candidate): Promise<void> {
  await promoteRelease(tx, app, candidate.id)
  await clearCrashes(tx, app)
  const release = await getRelease(tx, candidate.id)
  if (release?.kind === 'rollback') await restoreConfig(tx, release)
  if (release !== null && deployment.detail['formation'] === true) {
    const volumes = await volumesOf(tx, app)
    for (const { type, quantity, size } of formationOfDetail(deployment.detail['quantities'])) {
      // A type that has got a volume since then can have one alone.
      const most = refuseQuantity({ volumes }, type, quantity) === null ? quantity : 1
      await setQuantity(tx, app, type, most, size)
    }
  }
  await storeVerdict(tx, deployment.id, { code: null, reason: '', tail: [] })
}

function outcomeOf(verdict: OfCandidate): string {
  switch (verdict.kind) {
    case 'hold':
      return 'runs as a canary'
    case 'promote':
      return 'is promoted'
    case 'complete':
      return 'is live'
    case 'abandon':
      return `failed: ${verdict.reason}`
    default:
      return verdict satisfies never
  }
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

import type { AppId, InstanceId } from '../contract/ids.ts'
import type { Exit } from '../contract/nodes.ts'
import { afterCrash } from '../domain/backoff.ts'
import { isDomainError } from '../domain/errors.ts'
import { wasWanted } from '../domain/instance.ts'
import { DEFAULT_SIZE } from '../domain/sizes.ts'
import type { Tx } from '../store/db.ts'
import { finishDeployment, openWishes, writeJournal } from '../store/deployments.ts'
import { recordCrash, type FormationRow } from '../store/formation.ts'
import {
  confirmInstance,
  endInstance,
  insertInstance,
  keepAsTheyAre,
  markExited,
  orderInstance,
  type InstanceRow,
} from '../store/instances.ts'
import { getRelease, type ReleaseRow } from '../store/releases.ts'
import type { RolloutFacts } from '../store/rollouts.ts'
import type { DeployContext } from './deploy-context.ts'
import { instanceSpec } from './instance-spec.ts'
import { NodeError } from './node-client.ts'
import { tell } from './platform-log.ts'

/** One look at an app, for the steps that follow from it. */
export interface View {
  readonly app: AppId
  readonly facts: RolloutFacts
  readonly formation: readonly FormationRow[]
  readonly rows: readonly InstanceRow[]
}

/** The row comes first: whoever finds it unconfirmed gives the order again, and the node takes an id once. */
export async function insertService(
  ctx: DeployContext,
  view: View,
  step: { readonly type: string; readonly release: number; readonly generation: number },
): Promise<void> {
  const { candidate, current } = view.facts
  const release = candidate?.version === step.release ? candidate : current
  if (release === null || release.version !== step.release) return
  const id = ctx.newId<InstanceId>()
  const deployment = release === candidate ? candidate.deployment : null
  await ctx.db.transaction(async (tx) => {
    await insertInstance(tx, {
      id,
      app: view.app,
      release: release.id,
      deployment,
      type: step.type,
      kind: 'service',
      generation: step.generation,
      command: null,
      run: null,
    })
    await writeJournal(tx, {
      app: view.app,
      deployment,
      instance: id,
      step: 'start',
      detail: { type: step.type, release: step.release },
    })
  })
  ctx.crash('start.journaled')
}

export async function launch(ctx: DeployContext, view: View, row: InstanceRow): Promise<void> {
  const release = await getRelease(ctx.db, row.release_id)
  if (release === null) return
  try {
    await ctx.node.call('start', { instance: specOf(ctx, view, row, release) })
  } catch (error) {
    if (isDomainError(error, 'node_unavailable')) throw error
    if (error instanceof NodeError && error.id === 'stale_epoch') throw error
    // The node can be asked again and again and will say the same: that is the end of this instance.
    ctx.log.warn(
      { app: view.app, instance: row.id, error: String(error) },
      'an instance could not be started',
    )
    const message = error instanceof Error ? error.message : String(error)
    await markExited(ctx.db, row.id, startFailed(message))
    return
  }
  ctx.crash('launch.done')
  await confirmInstance(ctx.db, row.id, 'intended')
}

function specOf(ctx: DeployContext, { app, facts, formation }: View, row: InstanceRow, release: ReleaseRow) {
  const size = formation.find(({ type }) => type === row.type)?.size ?? DEFAULT_SIZE
  return instanceSpec(
    ctx,
    { id: app, name: facts.name, health_check_path: facts.health_check_path, driver: facts.driver },
    release,
    row,
    size,
  )
}

const startFailed = (message: string): Exit => ({
  code: null,
  signal: null,
  oom: false,
  reason: 'start failed',
  message: `Could not be started: ${message}`,
  tail: [],
})

export async function drain(ctx: DeployContext, view: View, row: InstanceRow): Promise<void> {
  await order(ctx, view, row, 'draining', 'drain')
  ctx.crash('drain.journaled')
  await tolerant(() => ctx.node.call('drain', { instance: row.id }))
  ctx.crash('drain.done')
  await confirmInstance(ctx.db, row.id, 'draining')
}

export async function stop(ctx: DeployContext, view: View, row: InstanceRow): Promise<void> {
  await order(ctx, view, row, 'stopping', 'stop')
  ctx.crash('stop.journaled')
  const known = await tolerant(() => ctx.node.call('stop', { instance: row.id }))
  ctx.crash('stop.done')
  await confirmStopped(ctx, row, known)
}

export async function kill(ctx: DeployContext, view: View, row: InstanceRow): Promise<void> {
  await order(ctx, view, row, 'stopping', 'kill')
  ctx.crash('kill.journaled')
  const known = await tolerant(() => ctx.node.call('kill', { instance: row.id }))
  ctx.crash('kill.done')
  await confirmStopped(ctx, row, known)
}

/** An instance that its node does not know has nothing that could still end. */
async function confirmStopped(ctx: DeployContext, row: InstanceRow, known: boolean): Promise<void> {
  if (!known)
    await markExited(ctx.db, row.id, {
      code: null,
      signal: null,
      oom: false,
      reason: 'stopped',
      message: 'Stopped',
      tail: [],
    })
  await confirmInstance(ctx.db, row.id, 'stopping')
}

/** Takes an ended instance off the books: a crash counts towards the wait before the next try. */
export async function forget(ctx: DeployContext, view: View, row: InstanceRow): Promise<void> {
  const crash = row.kind === 'service' && !wasWanted(row) && row.release === view.facts.current?.version
  const ended = await ctx.db.transaction(async (tx) => {
    await writeJournal(tx, {
      app: view.app,
      deployment: row.deployment_id,
      instance: row.id,
      step: 'forget',
      detail: { exit: row.exit?.message ?? null },
    })
    if (!(await endInstance(tx, row.id))) return false
    if (crash) await countCrash(tx, view, row)
    return true
  })
  ctx.crash('forget.journaled')
  if (ended && !wasWanted(row)) tell(ctx, view.app, `${row.type}.${row.number}`, row.exit?.message ?? 'Ended')
  await tolerant(() => ctx.node.call('forget', { instance: row.id }))
  ctx.crash('forget.done')
}

async function countCrash(tx: Tx, view: View, row: InstanceRow): Promise<void> {
  const record = view.formation.find(({ type }) => type === row.type)
  if (record !== undefined) {
    const readyFor = row.ready_at === null ? 0 : view.facts.now - row.ready_at
    const { crashes } = afterCrash(
      { crashes: record.crashes, crashedAt: record.crashed_at },
      readyFor,
      view.facts.now,
    )
    await recordCrash(tx, view.app, row.type, crashes)
  }
  const reason = `${row.type}.${row.number}: ${row.exit?.message ?? 'ended'}`
  for (const wish of await openWishes(tx, view.app)) {
    if (wish.kind === 'restart') await keepAsTheyAre(tx, view.app)
    const told =
      wish.kind === 'restart'
        ? `${reason}. The old instances go on serving.`
        : `${reason}. It is tried again.`
    await finishDeployment(tx, wish.id, 'failed', 'boot_crash', told)
  }
}

async function order(
  ctx: DeployContext,
  view: View,
  row: InstanceRow,
  phase: 'draining' | 'stopping',
  step: string,
): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await writeJournal(tx, { app: view.app, deployment: row.deployment_id, instance: row.id, step })
    await orderInstance(tx, row.id, phase)
  })
}

/** False when the node does not know the instance: it has then reached every end that can be ordered. */
async function tolerant(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (error instanceof NodeError && error.id === 'unknown_instance') return false
    throw error
  }
}

import type { AppId, InstanceId } from '../contract/ids.ts'
import type { Exit } from '../contract/nodes.ts'
import { afterCrash } from '../domain/backoff.ts'
import { isDomainError } from '../domain/errors.ts'
import { wasWanted } from '../domain/instance.ts'
import { DEFAULT_SIZE } from '../domain/sizes.ts'
import type { Step, Why } from '../domain/rollout-model.ts'
import { nodeNetwork } from '../network/node-network.ts'
import type { Tx } from '../store/db.ts'
import { finishDeployment, openWishes, writeJournal } from '../store/deployments.ts'
import { recordCrash, type FormationRow } from '../store/formation.ts'
import {
  confirmInstance,
  confirmRouted,
  endInstance,
  insertInstance,
  keepAsTheyAre,
  markExited,
  orderInstance,
  type InstanceRow,
} from '../store/instances.ts'
import { getRelease, type ReleaseRow } from '../store/releases.ts'
import { networkOf } from '../store/networks.ts'
import type { RolloutFacts } from '../store/rollouts.ts'
import { volumesOf } from '../store/volumes.ts'
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
  step: Extract<Step, { do: 'start' }>,
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
      held: step.held,
    })
    await writeJournal(tx, {
      app: view.app,
      deployment,
      instance: id,
      step: 'start',
      detail: { type: step.type, release: step.release, why: step.why },
    })
  })
  ctx.crash('start.journaled')
}

export async function launch(ctx: DeployContext, view: View, row: InstanceRow): Promise<void> {
  const [release, network, volumes] = await Promise.all([
    getRelease(ctx.db, row.release_id),
    networkOf(ctx.db, view.app),
    row.kind === 'service' ? volumesOf(ctx.db, view.app) : [],
  ])
  if (release === null) return
  try {
    const spec = specOf(ctx, view, row, release)
    await ctx.node.call('start', {
      instance: {
        ...spec,
        ...(network === null ? {} : { network: nodeNetwork(network) }),
        volumes: volumes.filter(({ type }) => type === row.type),
      },
    })
    // What somebody runs by hand may hold a secret.
    if (row.kind !== 'run' || row.run?.cron !== undefined)
      tell(ctx, view.app, spec.name, `Starting process with command \`${spec.command}\``)
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
  const size = row.run?.size ?? formation.find(({ type }) => type === row.type)?.size ?? DEFAULT_SIZE
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

/** An instance that its node does not know any more is found lost by the next look at that node. */
export async function route(ctx: DeployContext, view: View, row: InstanceRow, why: Why): Promise<void> {
  await ctx.db.transaction((tx) => journal(tx, view, row, 'route', why))
  ctx.crash('route.journaled')
  const known = await tolerant(() => ctx.node.call('route', { instance: row.id }))
  ctx.crash('route.done')
  if (known) await confirmRouted(ctx.db, row.id)
}

export async function drain(ctx: DeployContext, view: View, row: InstanceRow, why: Why): Promise<void> {
  await order(ctx, view, row, 'draining', 'drain', why)
  ctx.crash('drain.journaled')
  await tolerant(() => ctx.node.call('drain', { instance: row.id }))
  ctx.crash('drain.done')
  await confirmInstance(ctx.db, row.id, 'draining')
}

export async function stop(ctx: DeployContext, view: View, row: InstanceRow, why: Why): Promise<void> {
  await order(ctx, view, row, 'stopping', 'stop', why)
  ctx.crash('stop.journaled')
  const known = await tolerant(() => ctx.node.call('stop', { instance: row.id }))
  if (known && (row.status === 'ready' || row.status === 'draining'))
    tell(ctx, view.app, `${row.type}.${row.number}`, 'Stopping all processes with SIGTERM')
  ctx.crash('stop.done')
  await confirmStopped(ctx, row, known)
}

export async function kill(ctx: DeployContext, view: View, row: InstanceRow, why: Why | null): Promise<void> {
  await order(ctx, view, row, 'stopping', 'kill', why)
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
      detail: {
        name: `${row.type}.${row.number}`,
        release: row.release,
        exit: row.exit?.message ?? null,
        wanted: wasWanted(row),
      },
    })
    if (!(await endInstance(tx, row.id))) return false
    if (crash) await countCrash(tx, view, row)
    return true
  })
  ctx.crash('forget.journaled')
  // Every other end was told when the node told of it.
  if (ended && (row.exit?.reason === 'start failed' || row.exit?.reason === 'lost'))
    tell(ctx, view.app, `${row.type}.${row.number}`, row.exit.message)
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
  why: Why | null,
): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await journal(tx, view, row, step, why)
    await orderInstance(tx, row.id, phase)
  })
}

/** What happens to the old while a new one comes is part of that one's story. */
function journal(
  tx: Tx,
  { app, facts }: View,
  row: InstanceRow,
  step: string,
  why: Why | null,
): Promise<void> {
  const isService = row.kind === 'service'
  const deployment = (isService ? facts.candidate?.deployment : undefined) ?? row.deployment_id
  const detail = { name: `${row.type}.${row.number}`, release: row.release, ...(why === null ? {} : { why }) }
  return writeJournal(tx, { app, deployment, instance: row.id, step, detail })
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

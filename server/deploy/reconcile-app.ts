import type { AppId } from '../contract/ids.ts'
import { type OneOffStep, planOneOffs, toRollout } from '../domain/instance.ts'
import { DEFAULT_STRATEGY, type DeployStrategy } from '../contract/deploys.ts'
import { isRouted, serviceTypes } from '../domain/release.ts'
import type { Desired, Step } from '../domain/rollout-model.ts'
import { isSettled, planRollout } from '../domain/rollout.ts'
import { boundsOf, effectiveStrategy, strategyOf } from '../domain/strategy.ts'
import type { Tx } from '../store/db.ts'
import { finishDeployment, getDeployment, openWishes, writeJournal } from '../store/deployments.ts'
import { formationOf } from '../store/formation.ts'
import { openInstances, type InstanceRow } from '../store/instances.ts'
import { ofOneMoment, rolloutFacts } from '../store/rollouts.ts'
import { drain, forget, insertService, kill, launch, route, stop, type View } from './apply-step.ts'
import type { DeployContext } from './deploy-context.ts'
import { carryOut } from './verdict.ts'

export interface Outcome {
  /** Something was done, so there may be more to do. */
  readonly again: boolean
  /** ms from now until time alone makes another look necessary. */
  readonly wakeIn: number | null
}

const IDLE: Outcome = { again: false, wakeIn: null }

/** ms that an instance without a health check has to stay up before it counts as ready. */
const SETTLE = 1_000

/** One look at an app and what follows from it. Everything that it does can be done again. */
export async function reconcileApp(ctx: DeployContext, app: AppId): Promise<Outcome> {
  const view = await ofOneMoment(ctx.db, (tx) => look(tx, app))
  if (view === null) return IDLE
  const { facts, rows } = view
  const strategy = effectiveStrategy({ ...DEFAULT_STRATEGY, ...facts.strategy }, facts.has_volume)
  const desired = desiredOf(ctx, view, strategy)
  const services = rows.filter(({ kind }) => kind === 'service').map(toRollout)
  const plan = planRollout(desired, services, facts.now)
  if (plan.verdict.kind !== 'none') {
    await carryOut(ctx, view, strategy, plan.verdict)
    // Whoever waits for the rollout looks now.
    ctx.bus.wake({ app })
    return { again: true, wakeIn: null }
  }
  const wanted = await wantedOneOffs(ctx, view)
  const oneOffs = planOneOffs(
    rows.map((row) => ({ ...row, attach: row.run?.attach === true })),
    (id) => wanted.has(id),
    facts.now,
  )
  const steps: readonly (Step | OneOffStep)[] = [...plan.steps, ...oneOffs.steps]
  await applyAll(ctx, view, steps)
  if (steps.length === 0 && facts.state === 'active' && isSettled(desired, services, facts.now))
    await fulfilWishes(ctx, app)
  const alarms = [plan.wakeAt, oneOffs.wakeAt].filter((time) => time !== null)
  return {
    again: steps.length > 0,
    wakeIn: alarms.length === 0 ? null : Math.max(0, Math.min(...alarms) - facts.now),
  }
}

async function look(tx: Tx, app: AppId): Promise<View | null> {
  const facts = await rolloutFacts(tx, app)
  if (facts === null) return null
  return { app, facts, formation: await formationOf(tx, app), rows: await openInstances(tx, app) }
}

function desiredOf(ctx: DeployContext, { facts, formation }: View, strategy: DeployStrategy): Desired {
  const gone = facts.state === 'destroying'
  const services = (types: readonly string[]) =>
    serviceTypes(Object.fromEntries(types.map((type) => [type, ''])))
  const { current, candidate } = facts
  return {
    current: gone || current === null ? null : { version: current.version, types: services(current.types) },
    candidate: gone || candidate === null ? null : { ...candidate, types: services(candidate.types) },
    kept: gone ? null : facts.kept,
    watch: gone ? null : facts.watch,
    strategy: strategyOf(strategy),
    formation: formation.map(({ type, quantity, generation, crashes, crashed_at }) => ({
      type,
      quantity,
      ...boundsOf(strategy, quantity),
      generation,
      routed: isRouted(type),
      settle: isRouted(type) ? 0 : SETTLE,
      crashed: { crashes, crashedAt: crashed_at },
    })),
    timing: { drain: gone ? 0 : ctx.settings.drain, stop: (ctx.settings.grace + 5) * 1_000 },
  }
}

/** One-offs that may run: by hand as long as the app is there, release phases as long as their deployment goes on. */
async function wantedOneOffs(ctx: DeployContext, { facts, rows }: View): Promise<Set<string>> {
  const wanted = new Set<string>()
  for (const row of rows) {
    if (row.kind === 'service' || facts.state === 'destroying') continue
    if (row.kind === 'run') wanted.add(row.id)
    else if (row.deployment_id !== null) {
      const deployment = await getDeployment(ctx.db, row.deployment_id)
      if (deployment?.state === 'running') wanted.add(row.id)
    }
  }
  return wanted
}

async function applyAll(
  ctx: DeployContext,
  view: View,
  steps: readonly (Step | OneOffStep)[],
): Promise<void> {
  const row = (id: string) => view.rows.find((one) => one.id === id)
  // Numbers are given out one by one; what the node does may overlap.
  for (const step of steps) if (step.do === 'start') await insertService(ctx, view, step)
  const results = await Promise.allSettled(
    steps.map(async (step) => {
      const target = step.do === 'start' ? undefined : row(step.id)
      if (target !== undefined) await applyOne(ctx, view, step, target)
    }),
  )
  for (const result of results)
    if (result.status === 'rejected')
      throw result.reason instanceof Error ? result.reason : new Error(String(result.reason))
}

function applyOne(
  ctx: DeployContext,
  view: View,
  step: Step | OneOffStep,
  target: InstanceRow,
): Promise<void> {
  switch (step.do) {
    case 'start':
      return Promise.resolve()
    case 'launch':
      return launch(ctx, view, target)
    case 'route':
      return route(ctx, view, target, step.why)
    case 'drain':
      return drain(ctx, view, target, step.why)
    case 'stop':
      return stop(ctx, view, target, step.why)
    case 'kill':
      return kill(ctx, view, target, 'why' in step ? step.why : null)
    case 'forget':
      return forget(ctx, view, target)
    default:
      return step satisfies never
  }
}

/** Scalings and restarts are done when every instance is what was asked for. */
async function fulfilWishes(ctx: DeployContext, app: AppId): Promise<void> {
  const wishes = await openWishes(ctx.db, app)
  if (wishes.length === 0) return
  await ctx.db.transaction(async (tx) => {
    for (const { id, kind } of wishes) {
      await writeJournal(tx, { app, deployment: id, step: `${kind}.done` })
      await finishDeployment(tx, id, 'succeeded', null, null)
    }
  })
  ctx.crash('wishes.done')
}

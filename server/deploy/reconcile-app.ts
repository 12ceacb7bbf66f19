import type { AppId } from '../contract/ids.ts'
import { planOneOffs, toRollout } from '../domain/instance.ts'
import { isRouted, serviceTypes, surgeOf } from '../domain/release.ts'
import { isSettled, planRollout, type Desired, type Step } from '../domain/rollout.ts'
import { finishDeployment, getDeployment, openWishes, writeJournal } from '../store/deployments.ts'
import { formationOf } from '../store/formation.ts'
import { openInstances, type InstanceRow } from '../store/instances.ts'
import { rolloutFacts } from '../store/rollouts.ts'
import { drain, forget, insertService, kill, launch, stop, type View } from './apply-step.ts'
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
  const facts = await rolloutFacts(ctx.db, app)
  if (facts === null) return IDLE
  const [formation, rows] = await Promise.all([formationOf(ctx.db, app), openInstances(ctx.db, app)])
  const view: View = { app, facts, formation, rows }
  const desired = desiredOf(ctx, view)
  const services = rows.filter(({ kind }) => kind === 'service').map(toRollout)
  const plan = planRollout(desired, services, facts.now)
  if (plan.verdict.kind !== 'none') {
    await carryOut(ctx, view, plan.verdict)
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
  const steps: Step[] = [...plan.steps, ...oneOffs.steps]
  await applyAll(ctx, view, steps)
  if (steps.length === 0 && facts.state === 'active' && isSettled(desired, services, facts.now))
    await fulfilWishes(ctx, app)
  const alarms = [plan.wakeAt, oneOffs.wakeAt].filter((time) => time !== null)
  return {
    again: steps.length > 0,
    wakeIn: alarms.length === 0 ? null : Math.max(0, Math.min(...alarms) - facts.now),
  }
}

function desiredOf(ctx: DeployContext, { facts, formation }: View): Desired {
  const gone = facts.state === 'destroying'
  const services = (types: readonly string[]) =>
    serviceTypes(Object.fromEntries(types.map((type) => [type, ''])))
  const { current, candidate } = facts
  return {
    current: gone || current === null ? null : { version: current.version, types: services(current.types) },
    candidate:
      gone || candidate === null
        ? null
        : { version: candidate.version, types: services(candidate.types), deadline: candidate.deadline },
    formation: formation.map(({ type, quantity, generation, crashes, crashed_at }) => ({
      type,
      quantity,
      surge: surgeOf(quantity),
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

async function applyAll(ctx: DeployContext, view: View, steps: readonly Step[]): Promise<void> {
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

function applyOne(ctx: DeployContext, view: View, step: Step, target: InstanceRow): Promise<void> {
  switch (step.do) {
    case 'start':
      return Promise.resolve()
    case 'launch':
      return launch(ctx, view, target)
    case 'drain':
      return drain(ctx, view, target)
    case 'stop':
      return stop(ctx, view, target)
    case 'kill':
      return kill(ctx, view, target)
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

import { nextTry } from './backoff.ts'
import type { Desired, Live, Plan, RolloutInstance, RolloutType, Step, Why } from './rollout-model.ts'
import { isBlueGreen, isPaused, isProven, type Shape, shapeOf } from './rollout-shape.ts'
import { type Group, isSettledUp, type Stock, takeStock } from './rollout-stock.ts'
import { judge, verdictDueAt } from './rollout-verdict.ts'

/** A plan as it comes about. */
interface Draft {
  readonly now: number
  readonly steps: Step[]
  wakeAt: number | null
  /** Instances that leave before they served: neither launched nor routed any more. */
  dropped: Set<string> | null
}

const NOTHING: readonly Live[] = []

/**
 * What to do next to bring the instances of one app closer to what is desired. Pure: no clock, no I/O. Looks at each
 * instance twice, however many there are.
 */
export function planRollout(desired: Desired, instances: readonly RolloutInstance[], now: number): Plan {
  const stock = takeStock(desired, instances, now)
  const verdict = judge(desired, stock, now)
  if (verdict.kind !== 'none') return { verdict, steps: [], wakeAt: null }
  const draft: Draft = { now, steps: [], wakeAt: null, dropped: null }
  alarm(draft, verdictDueAt(desired))
  alarm(draft, stock.settlesAt)
  const proven = isProven(desired, stock)
  const open = mayRoute(desired, stock)
  for (const group of stock.groups)
    planGroup(desired, stock, group, shapeOf(desired, group, proven), open, draft)
  settleOrders(desired, instances, draft)
  return { verdict, steps: draft.steps, wakeAt: draft.wakeAt }
}

/** Whether every instance is what was asked for; what is still being drained or stopped does not count. */
export function isSettled(desired: Desired, instances: readonly RolloutInstance[], now: number): boolean {
  if (desired.candidate !== null) return false
  return takeStock(desired, instances, now).groups.every(
    ({ quantity, fresh, stale, ready }) =>
      stale.length === 0 && fresh.length === quantity && ready === quantity,
  )
}

function alarm(draft: Draft, at: number | null): void {
  if (at !== null && at > draft.now && (draft.wakeAt === null || at < draft.wakeAt)) draft.wakeAt = at
}

/** Whether what stands by may be routed: of a blue-green candidate all of it, and nothing before. */
function mayRoute(desired: Desired, { groups }: Stock): boolean {
  if (isPaused(desired)) return false
  if (!isBlueGreen(desired)) return true
  return groups.every(({ target, quantity, up }) => target !== desired.candidate || up >= quantity)
}

function planGroup(desired: Desired, stock: Stock, group: Group, shape: Shape, open: boolean, draft: Draft) {
  const { type, target, fresh, stale } = group
  const { candidate, current } = desired
  const rolls = candidate !== null && target === candidate
  const room = shape.most - fresh.length - stale.length
  // Only releases that serve are tried again and again; a candidate has one try per instance.
  const retryAt = nextTry(type.crashed)
  const waits = retryAt > draft.now
  const isFree = desired.strategy.kind !== 'recreate' || stock.others === 0
  const missing = shape.fresh - fresh.length
  const mayStart = isFree && (rolls || !waits)
  const fill = mayStart ? Math.max(0, Math.min(missing, room)) : 0
  if (target !== null && fill > 0)
    start(draft, fill, {
      do: 'start',
      type: type.type,
      release: target.version,
      generation: type.generation,
      held: rolls && type.routed && isBlueGreen(desired),
      why: rolls ? 'new-release' : 'missing',
    })
  const lacking = shape.old - stale.length
  if (current !== null && lacking > 0 && !waits)
    start(draft, Math.min(lacking, room - fill), {
      do: 'start',
      type: type.type,
      release: current.version,
      generation: type.generation,
      held: false,
      why: 'old-capacity',
    })
  if (waits && ((!rolls && missing > 0) || lacking > 0)) alarm(draft, retryAt)

  const isSurplus = target === null || group.quantity === 0
  leave(draft, type, beyond(fresh, shape.keepFresh, desired, draft.now, type), 'too-many')
  const gone = group.ready > 0 || desired.strategy.kind === 'recreate' ? 'replaced' : 'makes-room'
  leave(
    draft,
    type,
    beyond(stale, shape.keepOld, desired, draft.now, type, fresh),
    isSurplus ? 'not-wanted' : gone,
  )
  routeStandby(desired, group, open, draft)
}

function start(draft: Draft, count: number, step: Extract<Step, { do: 'start' }>): void {
  for (let i = 0; i < count; i++) draft.steps.push(step)
}

function leave(draft: Draft, type: RolloutType, instances: readonly Live[], why: Why): void {
  for (const { id, state } of instances) {
    if (state.status !== 'ready') (draft.dropped ??= new Set()).add(id)
    draft.steps.push({ do: type.routed && state.status === 'ready' ? 'drain' : 'stop', id, why })
  }
}

function routeStandby(desired: Desired, { fresh, stale, target }: Group, open: boolean, draft: Draft): void {
  const { candidate, current } = desired
  if (target !== null && (open || target !== candidate))
    for (const { id, state } of fresh)
      if (state.status === 'standby' && draft.dropped?.has(id) !== true)
        draft.steps.push({ do: 'route', id, why: 'switch' })
  // Of what serves: its order to be routed got lost.
  if (target !== current)
    for (const { id, release, state } of stale)
      if (state.status === 'standby' && release === current?.version && draft.dropped?.has(id) !== true)
        draft.steps.push({ do: 'route', id, why: 'again' })
}

/** Steps that follow from one instance alone: orders given again, time limits, the removal of what ended. */
function settleOrders(desired: Desired, instances: readonly RolloutInstance[], draft: Draft): void {
  const { timing, strategy, candidate } = desired
  const kept = strategy.kind === 'blue-green' && candidate === null ? desired.kept : null
  for (const { id, release, state } of instances) {
    switch (state.status) {
      case 'intended':
        if (draft.dropped?.has(id) !== true) draft.steps.push({ do: 'launch', id, why: 'again' })
        break
      case 'starting':
      case 'standby':
      case 'ready':
        break
      case 'draining': {
        const drained = state.since + timing.drain
        const stopAt = release === kept?.version ? Math.max(drained, kept.until) : drained
        if (draft.now >= stopAt) draft.steps.push({ do: 'stop', id, why: 'drained' })
        else if (!state.confirmed) draft.steps.push({ do: 'drain', id, why: 'again' })
        alarm(draft, stopAt)
        break
      }
      case 'stopping': {
        const killAt = state.since + timing.stop
        if (draft.now >= killAt) draft.steps.push({ do: 'kill', id, why: 'overdue' })
        else if (!state.confirmed) draft.steps.push({ do: 'stop', id, why: 'again' })
        alarm(draft, killAt)
        break
      }
      case 'exited':
        draft.steps.push({ do: 'forget', id, why: 'ended' })
        break
      default:
        state satisfies never
    }
  }
}

/**
 * All but the `count` that are most worth keeping: ready ones, then those of the serving release, then those whose
 * number nobody else has, then low numbers. `others` are those that stand in for them.
 */
function beyond(
  instances: readonly Live[],
  count: number,
  { current }: Desired,
  now: number,
  type: RolloutType,
  others: readonly Live[] = NOTHING,
): readonly Live[] {
  if (instances.length <= count) return NOTHING
  if (count === 0) return instances
  const worth = (one: Live) =>
    (one.state.status === 'ready' ? (isSettledUp(one, type, now) ? 6 : 2) : 0) +
    (one.state.status === 'standby' ? 1 : 0) +
    (one.release === current?.version ? 0.5 : 0)
  const taken = new Set(others.filter((one) => isSettledUp(one, type, now)).map(({ number }) => number))
  const ranked = instances.map((one) => ({ one, worth: worth(one) }))
  const bearers = new Map<number, (typeof ranked)[number]>()
  for (const entry of ranked) {
    const bearer = bearers.get(entry.one.number)
    if (bearer === undefined || entry.worth > bearer.worth) bearers.set(entry.one.number, entry)
  }
  const isDouble = (entry: (typeof ranked)[number]) =>
    Number(taken.has(entry.one.number) || bearers.get(entry.one.number) !== entry)
  return ranked
    .sort((a, b) => b.worth - a.worth || isDouble(a) - isDouble(b) || a.one.number - b.one.number)
    .slice(count)
    .map(({ one }) => one)
}

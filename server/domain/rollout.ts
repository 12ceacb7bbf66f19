import { nextTry, type CrashRecord } from './backoff.ts'

/**
 * Where an instance is, as our row and its node together tell it.
 *
 *     intended → starting → ready → draining → stopping → exited → (forgotten)
 *         └──────────┴────────┴────────────────────┴────────┘
 *
 * `intended`: the row exists and the node did not yet confirm the order. `confirmed` false says the same of the
 * order to drain or stop: it is given again until the node has confirmed it.
 */
export type InstanceState =
  | { readonly status: 'intended' }
  | { readonly status: 'starting'; readonly since: number }
  | { readonly status: 'ready'; readonly since: number }
  | { readonly status: 'draining'; readonly since: number; readonly confirmed: boolean }
  | { readonly status: 'stopping'; readonly since: number; readonly confirmed: boolean }
  | {
      readonly status: 'exited'
      readonly wanted: boolean
      readonly message: string
      readonly timeout: boolean
    }

export interface RolloutInstance {
  readonly id: string
  readonly type: string
  /** The 2 of `web.2`. */
  readonly number: number
  readonly release: number
  readonly generation: number
  /** It was asked to be replaced by itself (`restart web.2`). */
  readonly replace: boolean
  readonly state: InstanceState
}

export interface RolloutType {
  readonly type: string
  readonly quantity: number
  /** How many instances may run above the quantity while old ones are replaced. */
  readonly surge: number
  /** Raised by a restart: instances of lower generations are replaced. */
  readonly generation: number
  /** Only routed instances are drained before they are stopped. */
  readonly routed: boolean
  /** ms that an instance without a health check has to stay up before it counts as ready. */
  readonly settle: number
  readonly crashed: CrashRecord
}

export interface RolloutRelease {
  readonly version: number
  readonly types: readonly string[]
}

export interface Desired {
  /** Serves now; null before the first release and while the app is destroyed. */
  readonly current: RolloutRelease | null
  /** Is being rolled out; replaces `current` once all of its instances are ready, or is abandoned. */
  readonly candidate: (RolloutRelease & { readonly deadline: number }) | null
  readonly formation: readonly RolloutType[]
  readonly timing: {
    /** ms from leaving the registry to SIGTERM: router refresh, a second, and a while for open requests. */
    readonly drain: number
    /** ms after an order to stop until the instance is killed: the grace of the node and some more. */
    readonly stop: number
  }
}

export type Step =
  | { readonly do: 'start'; readonly type: string; readonly release: number; readonly generation: number }
  /** Gives the order to start an existing row's instance (again). */
  | { readonly do: 'launch'; readonly id: string }
  | { readonly do: 'drain'; readonly id: string }
  | { readonly do: 'stop'; readonly id: string }
  | { readonly do: 'kill'; readonly id: string }
  | { readonly do: 'forget'; readonly id: string }

export type Verdict =
  | { readonly kind: 'none' }
  /** Every instance of the candidate is ready. */
  | { readonly kind: 'complete' }
  | {
      readonly kind: 'abandon'
      readonly code: 'boot_crash' | 'boot_timeout'
      readonly reason: string
      readonly instance: string | null
    }

export interface Plan {
  readonly verdict: Verdict
  /** Empty with a verdict: it changes what is desired, so it is carried out first and planned anew. */
  readonly steps: readonly Step[]
  /** ms; when time alone makes a new plan necessary. */
  readonly wakeAt: number | null
}

type Live = RolloutInstance & {
  readonly state: Extract<InstanceState, { status: 'intended' | 'starting' | 'ready' }>
}

/** What to do next to bring the instances of one app closer to what is desired. Pure: no clock, no I/O. */
export function planRollout(desired: Desired, instances: readonly RolloutInstance[], now: number): Plan {
  const verdict = judge(desired, instances, now)
  if (verdict.kind !== 'none') return { verdict, steps: [], wakeAt: null }
  const steps: Step[] = []
  const alarms: number[] = desired.candidate === null ? [] : [desired.candidate.deadline]
  for (const instance of instances) settleOrders(desired, instance, now, steps, alarms)
  for (const type of allTypes(desired, instances)) planType(desired, type, instances, now, steps, alarms)
  const leaving = new Set(steps.flatMap((step) => (step.do === 'stop' ? [step.id] : [])))
  const later = alarms.filter((time) => time > now)
  return {
    verdict,
    steps: steps.filter((step) => step.do !== 'launch' || !leaving.has(step.id)),
    wakeAt: later.length === 0 ? null : Math.min(...later),
  }
}

/** Whether every instance is what was asked for; what is still being drained or stopped does not count. */
export function isSettled(desired: Desired, instances: readonly RolloutInstance[], now: number): boolean {
  if (desired.candidate !== null) return false
  return allTypes(desired, instances).every((type) => {
    const target = targetOf(desired, type)
    const live = instances.filter((one): one is Live => one.type === type.type && isLive(one))
    const fresh = live.filter((one) => isFresh(one, target, type))
    const quantity = target === null ? 0 : type.quantity
    return (
      live.length === fresh.length &&
      fresh.length === quantity &&
      readyOf(fresh, type, now).length === quantity
    )
  })
}

/** Steps that follow from one instance alone: orders given again, time limits, the removal of what ended. */
function settleOrders(
  desired: Desired,
  instance: RolloutInstance,
  now: number,
  steps: Step[],
  alarms: number[],
) {
  const { id, state } = instance
  switch (state.status) {
    case 'intended':
      steps.push({ do: 'launch', id })
      break
    case 'starting':
    case 'ready':
      break
    case 'draining':
      if (now >= state.since + desired.timing.drain) steps.push({ do: 'stop', id })
      else if (!state.confirmed) steps.push({ do: 'drain', id })
      alarms.push(state.since + desired.timing.drain)
      break
    case 'stopping':
      if (now >= state.since + desired.timing.stop) steps.push({ do: 'kill', id })
      else if (!state.confirmed) steps.push({ do: 'stop', id })
      alarms.push(state.since + desired.timing.stop)
      break
    case 'exited':
      steps.push({ do: 'forget', id })
      break
    default:
      state satisfies never
  }
}

function planType(
  desired: Desired,
  type: RolloutType,
  instances: readonly RolloutInstance[],
  now: number,
  steps: Step[],
  alarms: number[],
) {
  const target = targetOf(desired, type)
  const quantity = target === null ? 0 : type.quantity
  const live = instances.filter(
    (instance): instance is Live => instance.type === type.type && isLive(instance),
  )
  const fresh = live.filter((instance) => isFresh(instance, target, type))
  const stale = live.filter((instance) => !isFresh(instance, target, type))
  for (const { state } of live) if (state.status === 'ready') alarms.push(state.since + type.settle)

  // Only releases that serve are tried again and again; a candidate has one try per instance.
  const retryAt = target === desired.current ? nextTry(type.crashed) : 0
  const missing = quantity - fresh.length
  const room = quantity + type.surge - live.length
  if (missing > 0 && retryAt > now) alarms.push(retryAt)
  else if (target !== null) {
    for (let i = 0; i < Math.min(missing, room); i++)
      steps.push({ do: 'start', type: type.type, release: target.version, generation: type.generation })
  }

  const excess = keepFirst(fresh, quantity, desired, now, type)
  // An old instance leaves only for a ready new one, and no old one leaves for a candidate that has not yet shown, in
  // each of its process types, that it boots.
  const standIns = isProven(desired, instances, now) ? readyOf(fresh, type, now).length : 0
  const replaced = keepFirst(stale, Math.max(0, quantity - standIns), desired, now, type, fresh)
  for (const { id, state } of [...excess, ...replaced])
    steps.push({ do: type.routed && state.status === 'ready' ? 'drain' : 'stop', id })
}

/** Whether the candidate may go live, has to be given up, or neither. */
function judge(desired: Desired, instances: readonly RolloutInstance[], now: number): Verdict {
  const { candidate } = desired
  if (candidate === null) return { kind: 'none' }
  for (const { id, release, state } of instances) {
    if (release !== candidate.version || state.status !== 'exited' || state.wanted) continue
    return {
      kind: 'abandon',
      code: state.timeout ? 'boot_timeout' : 'boot_crash',
      reason: state.message,
      instance: id,
    }
  }
  const waiting = desired.formation.filter((type) => {
    const fresh = instances.filter(
      (one): one is Live => one.type === type.type && isLive(one) && isFresh(one, candidate, type),
    )
    return candidate.types.includes(type.type) && readyOf(fresh, type, now).length < type.quantity
  })
  if (waiting.length === 0) return { kind: 'complete' }
  if (now < candidate.deadline) return { kind: 'none' }
  const names = waiting.map(({ type }) => type).join(', ')
  return {
    kind: 'abandon',
    code: 'boot_timeout',
    reason: `Not all instances of ${names} became ready in time`,
    instance: null,
  }
}

/** What the instances of a type should run. A type that the candidate lacks stays as it is until that is live. */
function targetOf(desired: Desired, type: RolloutType): RolloutRelease | null {
  const { candidate, current } = desired
  if (candidate?.types.includes(type.type) === true) return candidate
  return current?.types.includes(type.type) === true ? current : null
}

function isProven(desired: Desired, instances: readonly RolloutInstance[], now: number): boolean {
  const { candidate } = desired
  if (candidate === null) return true
  return desired.formation.every((type) => {
    if (type.quantity === 0 || !candidate.types.includes(type.type)) return true
    const fresh = instances.filter(
      (one): one is Live => one.type === type.type && isLive(one) && isFresh(one, candidate, type),
    )
    return readyOf(fresh, type, now).length > 0
  })
}

function allTypes(desired: Desired, instances: readonly RolloutInstance[]): RolloutType[] {
  const known = new Set(desired.formation.map(({ type }) => type))
  const strays = [...new Set(instances.map(({ type }) => type))].filter((type) => !known.has(type))
  const none = { quantity: 0, surge: 0, generation: 0, settle: 0, crashed: { crashes: 0, crashedAt: null } }
  return [...desired.formation, ...strays.map((type) => ({ type, routed: type === 'web', ...none }))]
}

function isLive(instance: RolloutInstance): instance is Live {
  const { status } = instance.state
  return status === 'intended' || status === 'starting' || status === 'ready'
}

function isFresh(instance: Live, target: RolloutRelease | null, type: RolloutType): boolean {
  return (
    target !== null &&
    instance.release === target.version &&
    instance.generation >= type.generation &&
    !instance.replace
  )
}

function readyOf(instances: readonly Live[], type: RolloutType, now: number): Live[] {
  return instances.filter(({ state }) => state.status === 'ready' && now >= state.since + type.settle)
}

/**
 * All but the `count` that are most worth keeping: ready ones, then those of the serving release, then those whose
 * number nobody else has, then low numbers.
 */
function keepFirst(
  instances: readonly Live[],
  count: number,
  desired: Desired,
  now: number,
  type: RolloutType,
  others: readonly Live[] = [],
): Live[] {
  const ready = new Set(readyOf(instances, type, now).map(({ id }) => id))
  const worth = ({ id, release, state }: Live) =>
    (ready.has(id) ? 4 : 0) +
    (state.status === 'ready' ? 2 : 0) +
    (release === desired.current?.version ? 1 : 0)
  const better = (a: Live, b: Live) => worth(b) - worth(a)
  const taken = new Set(readyOf(others, type, now).map(({ number }) => number))
  const sorted = [...instances].sort((a, b) => better(a, b) || a.number - b.number)
  const doubled = new Set<Live>()
  for (const one of sorted) {
    if (taken.has(one.number)) doubled.add(one)
    taken.add(one.number)
  }
  return sorted.sort((a, b) => better(a, b) || Number(doubled.has(a)) - Number(doubled.has(b))).slice(count)
}

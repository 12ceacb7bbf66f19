import type { Desired, Live, RolloutInstance, RolloutRelease, RolloutType } from './rollout-model.ts'

/** The instances of one process type, told apart by whether they are what is wanted. */
export interface Group {
  readonly type: RolloutType
  /** What its instances should run; null: nothing. */
  readonly target: RolloutRelease | null
  /** 0 without a target. */
  readonly quantity: number
  readonly fresh: Live[]
  readonly stale: Live[]
  /** Fresh ones that are up, routed or not, and have settled. */
  up: number
  /** Fresh ones that serve. */
  ready: number
  staleReady: number
}

export interface Stock {
  readonly groups: readonly Group[]
  /** An instance of the candidate that ended by itself. */
  readonly dead: RolloutInstance | null
  /** Instances that are not what is wanted and of which something may still run. */
  readonly others: number
  /** ms; when the next instance will have been up for long enough. */
  readonly settlesAt: number | null
}

/** Goes over the instances once. */
export function takeStock(desired: Desired, instances: readonly RolloutInstance[], now: number): Stock {
  const groups: Group[] = []
  for (const type of desired.formation) groups.push(emptyGroup(type, targetOf(desired, type.type)))
  const { candidate } = desired
  let dead: RolloutInstance | null = null
  let others = 0
  let settlesAt: number | null = null
  let group: Group | undefined
  for (const instance of instances) {
    if (group?.type.type !== instance.type) {
      // They come in the order of their types, so this is seldom.
      group = groups.find((one) => one.type.type === instance.type)
      if (group === undefined) {
        group = emptyGroup(stray(instance.type), null)
        groups.push(group)
      }
    }
    const { type, target } = group
    const isFresh =
      target !== null &&
      instance.release === target.version &&
      instance.generation >= type.generation &&
      !instance.replace
    if (instance.state.status === 'exited') {
      if (dead === null && instance.release === candidate?.version && !instance.state.wanted) dead = instance
      continue
    }
    if (!isFresh) others += 1
    if (!isLive(instance)) continue
    ;(isFresh ? group.fresh : group.stale).push(instance)
    if (!isUp(instance)) continue
    const settled = instance.state.since + type.settle
    if (now < settled) settlesAt = settlesAt === null || settled < settlesAt ? settled : settlesAt
    else if (isFresh) {
      group.up += 1
      if (instance.state.status === 'ready') group.ready += 1
    } else if (instance.state.status === 'ready') group.staleReady += 1
  }
  return { groups, dead, others, settlesAt }
}

const emptyGroup = (type: RolloutType, target: RolloutRelease | null): Group => ({
  type,
  target,
  quantity: target === null ? 0 : type.quantity,
  fresh: [],
  stale: [],
  up: 0,
  ready: 0,
  staleReady: 0,
})

/** Of a type that nobody wants any more. */
const stray = (type: string): RolloutType => ({
  type,
  quantity: 0,
  surge: 0,
  unavailable: 0,
  generation: 0,
  routed: type === 'web',
  settle: 0,
  crashed: { crashes: 0, crashedAt: null },
})

/**
 * What the instances of a type should run. A type that the candidate lacks stays as it is until that is live, unless
 * nothing old may run beside the new.
 */
function targetOf({ candidate, current, strategy }: Desired, type: string): RolloutRelease | null {
  if (candidate?.types.includes(type) === true) return candidate
  if (candidate !== null && strategy.kind === 'recreate') return null
  return current?.types.includes(type) === true ? current : null
}

export function isLive(instance: RolloutInstance): instance is Live {
  const { status } = instance.state
  return status === 'intended' || status === 'starting' || status === 'standby' || status === 'ready'
}

type Up = Live & { readonly state: { readonly status: 'standby' | 'ready'; readonly since: number } }

export const isUp = (instance: Live): instance is Up =>
  instance.state.status === 'ready' || instance.state.status === 'standby'

export const isSettledUp = (instance: Live, { settle }: RolloutType, now: number) =>
  isUp(instance) && now >= instance.state.since + settle

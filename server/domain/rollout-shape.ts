import type { Desired } from './rollout-model.ts'
import type { Group, Stock } from './rollout-stock.ts'
import { canariesOf } from './strategy.ts'

/** How many instances of a type there should be just now, of what is wanted and of what was before. */
export interface Shape {
  /** Fresh ones to start up to. */
  readonly fresh: number
  /** Fresh ones that stay. */
  readonly keepFresh: number
  /** Ones of the serving release to start up to, while that goes on serving beside the candidate. */
  readonly old: number
  /** Stale ones that stay. */
  readonly keepOld: number
  /** Instances that may be there at once. */
  readonly most: number
}

/** A share of the candidate is tried beside what serves. Before the first release there is nothing to try it beside. */
export const isCanary = ({ candidate, current, strategy }: Desired) =>
  strategy.kind === 'canary' && candidate !== null && current !== null && !candidate.promoted

/** The candidate comes up unrouted, beside what serves. */
export const isBlueGreen = ({ candidate, current, strategy }: Desired) =>
  strategy.kind === 'blue-green' && candidate !== null && current !== null

/** Of a recreation there is no half way: the old instances are gone. */
export const isPaused = ({ candidate, strategy }: Desired) =>
  candidate?.paused === true && strategy.kind !== 'recreate'

/** How many of a type the candidate needs for the next thing that may become of it. */
export function neededOf(desired: Desired, { type: { type, quantity } }: Group): number {
  if (desired.candidate?.types.includes(type) !== true) return 0
  const { strategy } = desired
  return strategy.kind === 'canary' && isCanary(desired) ? canariesOf(strategy.share, quantity) : quantity
}

/** Whether in each of its process types an instance of the candidate has come up. */
export function isProven(desired: Desired, { groups }: Stock): boolean {
  const { candidate } = desired
  if (candidate === null) return true
  for (const { target, quantity, up } of groups)
    if (target === candidate && quantity > 0 && up === 0) return false
  return true
}

export function shapeOf(desired: Desired, group: Group, proven: boolean): Shape {
  const { strategy, candidate, current } = desired
  const { type, target, quantity, fresh, staleReady } = group
  // One of the two is needed to get anywhere.
  const surge = type.unavailable === 0 ? Math.max(1, type.surge) : type.surge
  if (strategy.kind === 'recreate')
    return { fresh: quantity, keepFresh: quantity, old: 0, keepOld: 0, most: quantity }
  const rolls = candidate !== null && target === candidate
  const hadIt = current?.types.includes(type.type) === true
  if (rolls && isBlueGreen(desired)) {
    const start = isPaused(desired) ? Math.min(fresh.length, quantity) : quantity
    const old = hadIt ? quantity : 0
    return { fresh: start, keepFresh: quantity, old, keepOld: quantity, most: 2 * quantity }
  }
  if (rolls && isPaused(desired)) {
    const start = Math.min(fresh.length, quantity)
    const old = hadIt ? quantity - start : 0
    return { fresh: start, keepFresh: quantity, old, keepOld: quantity, most: quantity + surge }
  }
  // No old one leaves for a candidate that has not yet shown, in each of its process types, that it boots.
  const standIns = proven ? group.ready : 0
  if (rolls && strategy.kind === 'canary' && isCanary(desired)) {
    const canaries = canariesOf(strategy.share, quantity)
    // Of one instance there is no share: it stays beside its canary.
    const rest = Math.max(quantity - canaries, Math.min(1, quantity))
    return {
      fresh: canaries,
      // Canaries above the share, of a larger formation, leave when others serve in their place.
      keepFresh: Math.max(canaries, quantity - staleReady),
      old: hadIt ? rest : 0,
      keepOld: Math.max(quantity - Math.min(standIns, canaries), rest),
      most: quantity + Math.max(1, surge),
    }
  }
  return {
    fresh: quantity,
    keepFresh: quantity,
    old: 0,
    // An old instance leaves only for a ready new one, or where fewer are enough.
    keepOld: Math.max(0, quantity - type.unavailable - standIns),
    most: quantity + surge,
  }
}

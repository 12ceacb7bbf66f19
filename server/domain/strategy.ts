import type { DeployStrategy } from '../contract/deploys.ts'
import { surgeOf } from './release.ts'

/** How a candidate takes the place of what serves; times are ms. */
export type Strategy =
  | { readonly kind: 'rolling' }
  /** All of the old is gone before any of the new starts. */
  | { readonly kind: 'recreate' }
  /** All of the new is up before any of it is routed. */
  | { readonly kind: 'blue-green' }
  | {
      readonly kind: 'canary'
      /** Percent of the instances of each type. */
      readonly share: number
      /** ms until it is promoted by itself; null: by command alone. */
      readonly time: number | null
    }

export function strategyOf(settings: DeployStrategy): Strategy {
  const { strategy, canary_share, canary_seconds } = settings
  if (strategy !== 'canary') return { kind: strategy }
  const time = canary_seconds === null ? null : canary_seconds * 1_000
  return { kind: 'canary', share: canary_share, time }
}

/** A volume has one writer, so whatever was chosen, the old instance is gone before a new one begins. */
export const effectiveStrategy = (chosen: DeployStrategy, hasVolume: boolean): DeployStrategy =>
  hasVolume ? { ...chosen, strategy: 'recreate' } : chosen

/** How many instances above and below its quantity a type may have while its instances are replaced. */
export function boundsOf(
  settings: DeployStrategy,
  quantity: number,
): { readonly surge: number; readonly unavailable: number } {
  const { max_surge, max_unavailable } = settings
  return { surge: max_surge ?? surgeOf(quantity), unavailable: max_unavailable }
}

/** Canaries among `quantity` instances: one at least, and not all of them, except of one. */
export function canariesOf(share: number, quantity: number): number {
  if (quantity <= 1) return quantity
  return Math.max(1, Math.min(quantity - 1, Math.round((quantity * share) / 100)))
}

/** Crashes of one process type, within the watch time, after which the release before comes back. */
export const BACK_OUT_CRASHES = 3

/** Why settings cannot be followed; null: they can. */
export function refuseStrategy(
  { strategy, max_surge, max_unavailable }: DeployStrategy,
  hasVolume: boolean,
): string | null {
  if (hasVolume && strategy !== 'recreate' && strategy !== 'rolling')
    return `The app has a volume, which one instance at a time may write to, so it cannot be deployed by ${strategy}: it is always recreated.`
  if (max_surge !== 0 || max_unavailable > 0) return null
  return 'With max_surge 0 and max_unavailable 0 no instance could ever be replaced. Raise one of them.'
}

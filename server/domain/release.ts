/** What a config change meets when its turn comes: others may have gone live, or failed, since it was asked for. */
export interface ConfigTurn {
  /** The release that was made when it was asked for. */
  readonly mine: {
    readonly version: number
    readonly build: string
    readonly configIsCurrent: boolean
    readonly failed: boolean
  }
  readonly live: {
    readonly version: number
    readonly build: string
    readonly configIsCurrent: boolean
  } | null
}

/**
 * `done`: what is live has this config already. `roll`: the release is what is wanted. `renew`: its code is no longer
 * the one that serves, or its config no longer the latest; a new release takes its place.
 */
export function decideConfigTurn({ mine, live }: ConfigTurn): 'done' | 'roll' | 'renew' {
  if (live === null) return 'roll'
  if (live.version === mine.version) return 'roll'
  if (live.configIsCurrent) return 'done'
  const fits =
    mine.build === live.build && mine.configIsCurrent && mine.version > live.version && !mine.failed
  return fits ? 'roll' : 'renew'
}

/** A rollback that waited behind a release that is live by now needs a number above it. */
export function decideRollbackTurn(
  mine: { readonly version: number; readonly failed: boolean },
  live: number | null,
): 'roll' | 'renew' {
  return !mine.failed && (live === null || mine.version >= live) ? 'roll' : 'renew'
}

/** How releases show the code that they were made from: its commit, and what its author called it. */
export function describeDeploy(
  source: { readonly kind: 'push' | 'upload' | 'git' | 'rebuild' },
  commit: string,
  subject: string,
): string {
  const verb = source.kind === 'rebuild' ? 'Rebuild' : 'Deploy'
  return `${verb} ${commit.slice(0, 8)}${subject === '' ? '' : `: ${subject}`}`
}

/** Routed types answer requests; all others count as ready once they have run for a moment. */
export const isRouted = (type: string) => type === 'web'

/** Instances above the quantity while old ones are replaced: one, for large formations a quarter. */
export const surgeOf = (quantity: number) => Math.max(1, Math.floor(quantity / 4))

/** The release phase and what is run by hand are no services: they are never scaled. */
export const serviceTypes = (types: Readonly<Record<string, string>>) =>
  Object.keys(types)
    .filter((type) => type !== 'release')
    .sort()

/** Whether the wish is for something to run. */
export const isServing = ({ type, quantity }: { readonly type: string; readonly quantity: number }) =>
  type !== 'release' && quantity > 0

import { isServing } from '../domain/release.ts'
import type { FormationRow } from '../store/formation.ts'
import type { DeployContext } from './deploy-context.ts'

/** Seconds in which all instances of a release have to become ready: in the worst case they boot one after the other. */
export function rolloutSeconds(
  { settings }: Pick<DeployContext, 'settings'>,
  formation: readonly FormationRow[],
): number {
  const most = Math.max(1, ...formation.filter(isServing).map(({ quantity }) => quantity))
  return settings.rolloutSlack + settings.bootTimeout * most
}

import { isServing } from '../domain/release.ts'
import type { AppId, ReleaseId } from '../contract/ids.ts'
import type { Tx } from '../store/db.ts'
import { formationOf } from '../store/formation.ts'
import { getRelease } from '../store/releases.ts'
import type { DeployContext } from './deploy-context.ts'
import { healthWish } from './health-of.ts'

/**
 * Seconds in which all instances of a release have to become ready: in the worst case those of a type boot one after
 * the other.
 */
export async function rolloutSeconds(
  { settings }: Pick<DeployContext, 'settings'>,
  tx: Tx,
  app: AppId,
  releaseId: ReleaseId | null,
): Promise<number> {
  const release = releaseId === null ? null : await getRelease(tx, releaseId)
  const timeout = (type: string) =>
    (release === null ? null : healthWish(release, type)?.bootTimeout) ?? settings.bootTimeout
  const formation = await formationOf(tx, app)
  const longest = formation.filter(isServing).map(({ type, quantity }) => quantity * timeout(type))
  return settings.rolloutSlack + Math.max(settings.bootTimeout, ...longest)
}

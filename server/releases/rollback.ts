import type { AppId, DeploymentId, ReleaseId } from '../contract/ids.ts'
import type { Release } from '../contract/releases.ts'
import { beginWork, holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import {
  currentRelease,
  insertRelease,
  lockReleaseByVersion,
  previousVersion,
  showRelease,
} from '../store/releases.ts'

/** A new release from an older one: its code, config and process types; with `formation` its quantities as well. */
export async function rollback(
  ctx: Pick<DeployContext, 'newId' | 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  input: { readonly version?: number | undefined; readonly formation: boolean },
): Promise<{ readonly release: Release; readonly deployment: DeploymentId }> {
  const { name } = await holdApp(tx, app)
  const live = await currentRelease(tx, app)
  if (live === null) throw new DomainError('no_release', `${name} has no release yet. Push to make one.`)
  const version = input.version ?? (await previousVersion(tx, app))
  if (version === null)
    throw new DomainError('release_not_found', `${name} has no release before v${live.version}.`)
  const old = await lockReleaseByVersion(tx, app, version)
  if (old === null)
    throw new DomainError(
      'release_not_found',
      `${name} has no release v${version}. List them with: skypanel releases`,
    )
  if (old.state === 'failed')
    throw new DomainError('conflict', `v${version} never went live; roll back to one that did.`)
  if (old.collected) {
    throw new DomainError(
      'release_collected',
      `The build of v${version} is no longer kept. Push its commit again, or roll back to a newer release.`,
    )
  }
  const id = ctx.newId<ReleaseId>()
  const made = await insertRelease(tx, {
    id,
    app,
    build: old.build_id,
    kind: 'rollback',
    description: `Rollback to v${version}`,
    account: actor.account,
    author: actor.email,
    processTypes: old.process_types,
    configOf: old.id,
    basedOn: live.version,
  })
  const detail = input.formation ? { formation: true, quantities: old.formation } : {}
  const deployment = await beginWork(ctx, tx, app, actor, { kind: 'rollback', release: id, detail })
  const release = await showRelease(tx, app, made)
  if (release === null) throw new Error('the release that was just made is not there')
  return { release, deployment }
}

import type { AppId, BuildId, DeploymentId } from '../contract/ids.ts'
import type { Build, BuildSource, NewBuild } from '../contract/releases.ts'
import { beginWork, holdApp } from '../deploy/begin-work.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { secretContext } from '../deploy/source-steps.ts'
import { DomainError } from '../domain/errors.ts'
import { appendLines, insertBuild, showBuild } from '../store/builds.ts'
import type { Tx } from '../store/db.ts'
import { openWork } from '../store/deployments.ts'
import { currentRelease } from '../store/releases.ts'
import { indent } from './output.ts'

const NO_PUSH = '0'.repeat(40)

interface Decided {
  readonly source: BuildSource
  readonly commit: string | null
  readonly credentials: string | null
}

/**
 * A deploy whose code does not come by a push. It goes the same way as one: build, release, health check. Errors:
 * app_not_found, build_not_found, not_found (the upload), no_release, invalid_params.
 */
export async function createBuild(
  ctx: Pick<DeployContext, 'newId' | 'bus' | 'git' | 'seal'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  input: NewBuild,
): Promise<{ readonly build: Build; readonly deployment: DeploymentId }> {
  const { name } = await holdApp(tx, app)
  const { source, commit, credentials } = await decide(ctx, tx, app, name, input)
  const id = ctx.newId<BuildId>()
  const ahead = await openWork(tx, app)
  await insertBuild(tx, {
    id,
    app,
    commit,
    ref: ctx.git.sourceRef(id),
    old: NO_PUSH,
    account: actor.account,
    author: actor.email,
    source,
    ...(credentials === null ? {} : { secret: ctx.seal.seal(credentials, secretContext(app, id)) }),
  })
  if (ahead.length > 0)
    await appendLines(
      tx,
      id,
      ahead.map(({ kind }) => indent(`Waiting for a ${kind} to finish`)),
      null,
    )
  const deployment = await beginWork(ctx, tx, app, actor, {
    kind: 'push',
    build: id,
    detail: { source: source.kind },
  })
  const build = await showBuild(tx, app, id)
  if (build === null) throw new Error('the build that was just made is not there')
  return { build, deployment }
}

async function decide(
  ctx: Pick<DeployContext, 'git'>,
  tx: Tx,
  app: AppId,
  name: string,
  { source }: NewBuild,
): Promise<Decided> {
  switch (source.kind) {
    case 'upload': {
      const commit = await ctx.git.uploaded(app, source.upload)
      if (commit === null)
        throw new DomainError(
          'not_found',
          'There is no such upload; they are kept for a day. Upload it again.',
        )
      return { source: { kind: 'upload', label: source.label ?? null }, commit, credentials: null }
    }
    case 'git': {
      const { url, credentials } = ctx.git.remote(source.url, source.ref)
      return { source: { kind: 'git', url, ref: source.ref }, commit: null, credentials }
    }
    case 'build': {
      const of = source.build ?? (await currentRelease(tx, app))?.build_id
      if (of === undefined)
        throw new DomainError('no_release', `${name} has no release yet. Push to make one.`)
      const before = await showBuild(tx, app, of)
      if (before === null)
        throw new DomainError('build_not_found', 'There is no such build. List them with: skypanel builds')
      if (before.commit === null)
        throw new DomainError(
          'conflict',
          'That build never got its source, so there is nothing to build again. Deploy the source anew.',
        )
      return {
        source: { kind: 'rebuild', of, upgrade: source.upgrade },
        commit: before.commit,
        credentials: null,
      }
    }
  }
}

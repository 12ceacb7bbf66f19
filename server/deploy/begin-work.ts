import type { AppId, BuildId, DeploymentId, ReleaseId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import { DomainError } from '../domain/errors.ts'
import { lockApp } from '../store/apps.ts'
import type { Tx } from '../store/db.ts'
import { insertDeployment } from '../store/deployments.ts'
import { insertJob } from '../store/jobs.ts'
import type { Actor } from './deploy.ts'
import type { DeployContext } from './deploy-context.ts'

/** Holds the app's row for the transaction. Errors: app_not_found, also while it is being destroyed. */
export async function holdApp(tx: Tx, app: AppId): Promise<{ readonly name: string }> {
  const row = await lockApp(tx, app)
  if (row === null) throw new DomainError('app_not_found', 'The app is gone.')
  if (row.state === 'destroying') throw new DomainError('app_not_found', `${row.name} is being destroyed.`)
  return row
}

export interface Intent {
  readonly kind: Deployment['kind']
  readonly build?: BuildId
  readonly release?: ReleaseId
  readonly pushToken?: Buffer
  readonly detail?: object
}

/** A deployment with the job that carries it out; the job begins when the transaction commits. */
export async function beginWork(
  ctx: Pick<DeployContext, 'newId' | 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  intent: Intent,
): Promise<DeploymentId> {
  const id = ctx.newId<DeploymentId>()
  await insertDeployment(tx, {
    id,
    app,
    state: 'queued',
    account: actor.account,
    author: actor.email,
    ...intent,
  })
  await insertJob(tx, { id: ctx.newId(), kind: 'deploy', app, deployment: id })
  await ctx.bus.announce(tx, { jobs: true })
  return id
}

/** A wish that the instances follow; done when they are what was asked for. */
export async function beginWish(
  ctx: Pick<DeployContext, 'newId' | 'bus'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  kind: 'scale' | 'restart',
  detail: object,
): Promise<DeploymentId> {
  const id = ctx.newId<DeploymentId>()
  await insertDeployment(tx, {
    id,
    app,
    kind,
    state: 'running',
    account: actor.account,
    author: actor.email,
    detail,
  })
  await ctx.bus.announce(tx, { app })
  return id
}

import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Actor } from '../deploy/deploy.ts'
import { decide } from '../domain/permissions.ts'
import { findRepositoryApp } from '../store/apps.ts'

/**
 * The app behind a git address, as far as the actor may know of it; null as for one that does not exist, also while it
 * is being destroyed.
 */
export async function openRepository(
  ctx: Pick<Context, 'db'>,
  actor: Actor,
  name: string,
): Promise<{
  readonly id: AppId
  readonly name: string
  readonly deployBranch: string
  readonly mayDeploy: boolean
} | null> {
  const row = await findRepositoryApp(ctx.db, name, actor.account)
  if (row === null || row.state === 'destroying') return null
  const caller = { platformAdmin: row.platform_admin }
  if (!decide('app:view', caller, row.role).allowed) return null
  const mayDeploy = decide('app:deploy', caller, row.role).allowed
  return { id: row.id, name: row.name, deployBranch: row.deploy_branch, mayDeploy }
}

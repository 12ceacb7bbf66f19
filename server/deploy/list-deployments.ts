import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import { listDeployments as list } from '../store/deployments.ts'

/** Work on an app, the newest first. */
export const listDeployments = (ctx: Pick<Context, 'db'>, app: AppId, limit: number): Promise<Deployment[]> =>
  list(ctx.db, app, limit)

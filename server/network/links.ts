import { by, type Caller } from '../accounts/caller.ts'
import { appNotFound } from '../accounts/authorise.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import { APP_ZONE } from '../contract/directory.ts'
import type { AppId } from '../contract/ids.ts'
import { type Link, MAX_LINKS } from '../contract/network.ts'
import { DomainError } from '../domain/errors.ts'
import { decide } from '../domain/permissions.ts'
import { findRepositoryApp } from '../store/apps.ts'
import { writeAudit } from '../store/audit.ts'
import { countLinks, deleteLink, insertLink, type LinkRow, linksOf } from '../store/networks.ts'
import type { NodeNetwork } from './egress.ts'

const shown = ({ app, created_at }: LinkRow): Link => ({ app, host: `web.${app}.${APP_ZONE}`, created_at })

export async function listLinks(ctx: Pick<Context, 'db'>, app: AppId): Promise<Link[]> {
  return (await linksOf(ctx.db, app)).map(shown)
}

/**
 * Lets `app` call `other`. Whoever opens an app to another one has to manage it, too. Errors: app_not_found (also for
 * apps that the caller may not see), forbidden, invalid_params, conflict.
 */
export async function addLink(
  ctx: Pick<Context, 'db'>,
  node: NodeNetwork,
  caller: Caller,
  app: AppId,
  other: string,
): Promise<Link> {
  const target = await findRepositoryApp(ctx.db, other, caller.account)
  if (target === null || target.state === 'destroying') throw appNotFound(other)
  const verdict = decide('app:manage', { platformAdmin: target.platform_admin }, target.role)
  if (!verdict.allowed) {
    if (verdict.code === 'app_not_found') throw appNotFound(other)
    throw new DomainError('forbidden', `Only an admin of the team that owns ${other} may let others call it.`)
  }
  if (target.id === app)
    throw new DomainError('invalid_params', 'The processes of an app reach each other without a link.')
  const link = await changeApp(ctx, app, async (tx, name) => {
    if ((await countLinks(tx, app)) >= MAX_LINKS)
      throw new DomainError('conflict', `${name} has ${MAX_LINKS} links, as many as an app may have.`)
    await insertLink(tx, app, target.id)
    await writeAudit(tx, { ...by(caller), action: 'link.add', app, target: other })
    const row = (await linksOf(tx, app)).find((one) => one.app === other)
    if (row === undefined) throw appNotFound(other)
    return shown(row)
  })
  await node.apply()
  return link
}

/** Errors: not_found, app_not_found, conflict. */
export async function removeLink(
  ctx: Pick<Context, 'db'>,
  node: NodeNetwork,
  caller: Caller,
  app: AppId,
  other: string,
): Promise<Link> {
  const link = await changeApp(ctx, app, async (tx, name) => {
    const row = await deleteLink(tx, app, other)
    if (row === null)
      throw new DomainError('not_found', `${name} has no link to ${other}. See those it has: skypanel links`)
    await writeAudit(tx, { ...by(caller), action: 'link.remove', app, target: other })
    return shown(row)
  })
  await node.apply()
  return link
}

import type { AuthorisedApp } from '../accounts/authorise.ts'
import { infoApp } from '../apps/info-app.ts'
import type { Context } from '../context.ts'
import type { Domain } from '../contract/domains.ts'
import { appHost } from '../domain/hostname.ts'
import { type DomainRow, domainsOf } from '../store/domains.ts'

/** The app's own host first, then its custom domains. Errors: app_not_found. */
export async function listDomains(
  ctx: Pick<Context, 'db' | 'config'>,
  app: AuthorisedApp,
): Promise<{ hostname: string; kind: Domain['kind']; created_at: string }[]> {
  const [{ name, created_at }, custom] = await Promise.all([infoApp(ctx, app.id), domainsOf(ctx.db, app.id)])
  return [
    { hostname: appHost(name, ctx.config.reach), kind: 'platform', created_at },
    ...custom.map(asCustom),
  ]
}

export const asCustom = ({ hostname, created_at }: DomainRow) => ({
  hostname,
  kind: 'custom' as const,
  created_at,
})

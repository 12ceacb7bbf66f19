import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { ConfigVars } from '../contract/config-vars.ts'
import type { AppId } from '../contract/ids.ts'
import type { Deploy } from '../deploy/deploy.ts'
import { type ConfigPatch, describeConfig, planConfig, refuseConfig } from '../domain/config-vars.ts'
import { DomainError } from '../domain/errors.ts'
import { writeAudit } from '../store/audit.ts'
import { deleteVar, putVar } from '../store/config-vars.ts'
import { readConfig, sealContext } from './read-config.ts'

export interface PatchedConfig {
  readonly vars: ConfigVars
  /** null when nothing changed, or nothing was released yet. */
  readonly release: number | null
  readonly deployment: string | null
}

/**
 * Sets and unsets vars (null) and makes a release of it, all in one transaction. Errors: app_not_found, conflict,
 * invalid_params (too large, NUL).
 */
export async function patchConfig(
  ctx: Pick<Context, 'db' | 'seal'> & { readonly deploy: Pick<Deploy, 'releaseConfig'> },
  caller: Caller,
  app: AppId,
  patch: ConfigPatch,
): Promise<PatchedConfig> {
  return await changeApp(ctx, app, async (tx, appName) => {
    const current = await readConfig(ctx, tx, app)
    const change = planConfig(current, patch)
    const { set, unset, result: vars } = change
    if (set.length === 0 && unset.length === 0) return { vars, release: null, deployment: null }
    const refusal = refuseConfig(vars, (text) => Buffer.byteLength(text))
    if (refusal !== null) throw new DomainError('invalid_params', refusal)
    for (const name of set)
      await putVar(tx, app, name, ctx.seal.seal(vars[name] ?? '', sealContext(app, name)))
    for (const name of unset) await deleteVar(tx, app, name)
    await writeAudit(tx, {
      ...by(caller),
      action: 'config.change',
      app,
      target: appName,
      detail: { set, unset },
    })
    const { release, deployment } = await ctx.deploy.releaseConfig(tx, app, caller, describeConfig(change))
    return { vars, release, deployment }
  })
}

import { DEFAULT_STRATEGY, type DeployStrategy } from '../contract/deploys.ts'
import type { AppId } from '../contract/ids.ts'
import { holdApp } from '../deploy/begin-work.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { refuseStrategy } from '../domain/strategy.ts'
import { DomainError } from '../domain/errors.ts'
import type { Sql, Tx } from '../store/db.ts'
import { storedStrategy, storeStrategy } from '../store/rollouts.ts'
import { volumesOf } from '../store/volumes.ts'

export type StrategyChange = { readonly [Field in keyof DeployStrategy]?: DeployStrategy[Field] | undefined }

export const showStrategy = async (sql: Sql, app: AppId): Promise<DeployStrategy> => ({
  ...DEFAULT_STRATEGY,
  ...(await storedStrategy(sql, app)),
})

/** Holds from now on, also for a deployment that goes on. Errors: invalid_params. */
export async function setStrategy(
  ctx: Pick<DeployContext, 'bus'>,
  tx: Tx,
  app: AppId,
  change: StrategyChange,
): Promise<DeployStrategy> {
  await holdApp(tx, app)
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  const strategy: DeployStrategy = { ...(await showStrategy(tx, app)), ...given }
  const refusal = refuseStrategy(strategy, (await volumesOf(tx, app)).length > 0)
  if (refusal !== null) throw new DomainError('invalid_params', refusal)
  await storeStrategy(tx, app, strategy)
  await ctx.bus.announce(tx, { app })
  return strategy
}

import type { DriverName } from '../contract/drivers.ts'
import { DomainError } from '../domain/errors.ts'
import type { DeployContext } from './deploy-context.ts'

/** Errors: invalid_params when no node can run instances by it, node_unavailable. */
export async function requireDriver(ctx: Pick<DeployContext, 'node'>, wanted: DriverName): Promise<void> {
  const { drivers } = await ctx.node.call('hello', {})
  const found = drivers.find(({ name }) => name === wanted)
  if (found?.ok === true) return
  const fit = drivers.filter(({ ok }) => ok).map(({ name }) => name)
  throw new DomainError(
    'invalid_params',
    `The node cannot run instances by ${wanted}: ${found?.detail ?? 'it has no such driver'}. It has ${fit.join(', ') || 'none'}.`,
  )
}

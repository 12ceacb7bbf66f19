import { by, type Caller } from '../accounts/caller.ts'
import { changeApp } from '../apps/change-app.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { Egress, EgressHost, EgressPolicy } from '../contract/network.ts'
import { readEgressRule, refuseEgress, showEgressRule } from '../domain/egress.ts'
import { DomainError } from '../domain/errors.ts'
import { writeAudit } from '../store/audit.ts'
import { networkOf, setEgress as store } from '../store/networks.ts'

/** What deploying knows of the node. */
export interface NodeNetwork {
  /** Tells the node everything; false: it does not answer, and is told as soon as it does. */
  apply(): Promise<boolean>
  /** null: the node does not answer. */
  hosts(app: AppId): Promise<EgressHost[] | null>
}

export async function showEgress(
  ctx: Pick<Context, 'db'>,
  node: NodeNetwork,
  app: AppId,
  applied?: boolean,
): Promise<Egress> {
  const row = await networkOf(ctx.db, app)
  const hosts = row === null || row.egress === 'open' || row.egress === 'none' ? [] : await node.hosts(app)
  return {
    policy: row?.egress ?? 'open',
    allow: [...(row?.allow ?? [])],
    hosts: hosts ?? [],
    applied: applied ?? hosts !== null,
  }
}

/** Holds for instances that run as soon as their node has it. Errors: invalid_params, app_not_found, conflict. */
export async function setEgress(
  ctx: Pick<Context, 'db'>,
  node: NodeNetwork,
  caller: Caller,
  app: AppId,
  input: { readonly policy: EgressPolicy; readonly allow: readonly string[] },
): Promise<Egress> {
  const refusal = refuseEgress(input.policy, input.allow)
  if (refusal !== null) throw new DomainError('invalid_params', `${refusal}.`)
  const allow = [
    ...new Set(
      input.allow.map((entry) => {
        const read = readEgressRule(entry)
        return read.ok ? showEgressRule(read.rule) : entry
      }),
    ),
  ]
  await changeApp(ctx, app, async (tx, name) => {
    await store(tx, app, input.policy, allow)
    const detail = { policy: input.policy, allow }
    await writeAudit(tx, { ...by(caller), action: 'egress.set', app, target: name, detail })
  })
  return await showEgress(ctx, node, app, await node.apply())
}

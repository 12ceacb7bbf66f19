import { by, type Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import type { Node } from '../contract/cluster.ts'
import { DomainError } from '../domain/errors.ts'
import { writeAudit } from '../store/audit.ts'
import { setCordoned } from '../store/nodes.ts'

/** Cordons a node or ends that. Errors: not_found. */
export async function updateNode(
  ctx: Pick<Context, 'db'>,
  list: () => Promise<Node[]>,
  caller: Caller,
  name: string,
  change: { readonly cordoned: boolean },
): Promise<Node> {
  await ctx.db.transaction(async (tx) => {
    if (!(await setCordoned(tx, name, change.cordoned)))
      throw new DomainError('not_found', `There is no node ${name}. List them with: skypanel nodes`)
    const action = change.cordoned ? 'node.cordon' : 'node.uncordon'
    await writeAudit(tx, { ...by(caller), action, target: name, detail: {} })
  })
  const found = (await list()).find((one) => one.name === name)
  if (found === undefined) throw new DomainError('not_found', `The node ${name} is gone.`)
  return found
}

import { allocated, type Allocated, whyNoRoom } from '../domain/capacity.ts'
import { DomainError } from '../domain/errors.ts'
import type { DeploySettings } from '../deploy/deploy-context.ts'
import type { Tx } from '../store/db.ts'
import { lockNode, promisedSizes } from '../store/nodes.ts'

/**
 * Makes a change of what is to run, if it fits: two changes at once are looked at one after the other. Errors: no_room,
 * with the figures, and then the transaction has to end.
 */
export async function withRoom<T>(
  tx: Tx,
  settings: Pick<DeploySettings, 'memoryOvercommit'>,
  change: () => Promise<T>,
): Promise<T> {
  const node = await lockNode(tx)
  const before = await promisedNow(tx)
  const result = await change()
  const why = whyNoRoom(
    {
      node: node.name,
      cordoned: node.cordoned_at !== null,
      memoryMb: node.resources?.memoryMb ?? null,
      overcommit: settings.memoryOvercommit,
    },
    before,
    await promisedNow(tx),
  )
  if (why !== null) throw new DomainError('no_room', why)
  return result
}

const promisedNow = async (tx: Tx): Promise<Allocated> => allocated(await promisedSizes(tx))

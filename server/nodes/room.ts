import { allocated, type Promised, type Room, whyNoRoom } from '../domain/capacity.ts'
import { DomainError } from '../domain/errors.ts'
import type { DeploySettings } from '../deploy/deploy-context.ts'
import type { Tx } from '../store/db.ts'
import { lockNode, type NodeRow, promisedSizes } from '../store/nodes.ts'

type Settings = Pick<DeploySettings, 'memoryOvercommit'>

const roomOn = (node: NodeRow, settings: Settings): Room => ({
  node: node.name,
  cordoned: node.cordoned_at !== null,
  memoryMb: node.resources?.memoryMb ?? null,
  overcommit: settings.memoryOvercommit,
})

/**
 * Makes a change of what is to run, if it fits: two changes at once are looked at one after the other. Errors: no_room,
 * with the figures, and then the transaction has to end.
 */
export async function withRoom<T>(tx: Tx, settings: Settings, change: () => Promise<T>): Promise<T> {
  const node = await lockNode(tx)
  const before = await promisedSizes(tx)
  const result = await change()
  const after = await promisedSizes(tx)
  const why = whyNoRoom(roomOn(node, settings), allocated(before), allocated(after))
  if (why !== null) throw new DomainError('no_room', why)
  return result
}

/** Why so much more does not fit; null: it does, and the place is kept until the transaction ends. */
export async function refusalOf(tx: Tx, settings: Settings, more: Promised): Promise<string | null> {
  const node = await lockNode(tx)
  const before = await promisedSizes(tx)
  return whyNoRoom(roomOn(node, settings), allocated(before), allocated([...before, more]))
}

import type { VolumeId } from '../../../server/contract/volumes.ts'
import { APP_UID } from '../../command/instance.ts'
import { AgentError } from '../agent-error.ts'
import type { AgentContext } from '../context.ts'

/** Its files belong to the app's own user, whose number on this node never changes. */
export async function makeVolume(
  agent: AgentContext,
  order: { readonly app: string; readonly volume: VolumeId; readonly sizeMb: number },
) {
  if (agent.driver.preferred === 'fake')
    throw new AgentError(
      'not_available',
      'The fake driver has no volumes; choose another driver for this node.',
    )
  const uid = agent.uids.of(order.app) + APP_UID
  return await agent.volumes.ensure(order.app, order.volume, order.sizeMb, uid)
}

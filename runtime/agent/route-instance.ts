import type { RegisteredInstance } from '../../server/contract/directory.ts'
import { APP_PORT } from '../installation.ts'
import { type InstanceRecord, saveState } from './instance-record.ts'
import type { Publisher } from './publisher.ts'

/** As the registry holds it. */
export function registration({ spec, placement }: InstanceRecord): RegisteredInstance {
  const { id, app, name, release, health } = spec
  return { id, app, name, release, address: placement.address, port: health?.port ?? APP_PORT }
}

/** Whether it may be reached once it is ready: one that is held waits until it is called. */
export const mayServe = ({ spec, state }: InstanceRecord) =>
  spec.routed && (spec.held !== true || state.called === true)

/** Takes an instance that is up into routing, also one that was drained. What is being ended stays out. */
export async function routeInstance(
  record: InstanceRecord,
  serving: Set<string>,
  publisher: Publisher,
  becomeReady: (record: InstanceRecord) => void,
): Promise<void> {
  const { spec, state } = record
  if (state.ending !== null || state.status.status === 'exited' || !spec.routed) return
  if (state.called !== true) saveState(record, { ...state, called: true })
  // One that still starts comes in when it is ready.
  if (state.status.status === 'starting') return
  serving.add(spec.id)
  await publisher.sync()
  // It may have ended meanwhile, or another order came in between.
  if (serving.has(spec.id) && record.state.status.status === 'draining') becomeReady(record)
}

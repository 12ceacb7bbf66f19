import { type InstanceRecord, saveState } from './instance-record.ts'
import type { Publisher } from './publisher.ts'

/** Whether it may be reached once it is ready: one that is held waits until it is called. */
export const mayServe = (record: InstanceRecord) => record.spec.routed && !isHeld(record)

const isHeld = ({ spec, state }: InstanceRecord) => spec.held === true && state.called !== true

/** Whether its name leads to it, for other processes as for the router: it is up, answers, and is not held back. */
export const answersByName = (record: InstanceRecord) => {
  const { status } = record.state
  return status.status === 'ready' && status.unready === undefined && !isHeld(record)
}

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
  // One that still starts comes in when it is ready, and one that does not answer when it does.
  const { status } = state
  if (status.status === 'starting' || (status.status === 'ready' && status.unready !== undefined)) return
  serving.add(spec.id)
  await publisher.sync()
  // It may have ended meanwhile, or another order came in between.
  if (serving.has(spec.id) && record.state.status.status === 'draining') becomeReady(record)
}

import type { Exit, InstanceStatus } from '../../server/contract/nodes.ts'
import type { Changes } from './changes.ts'
import { exitMessage, exitReason } from './exit-message.ts'
import type { InstanceRecord } from './instance-record.ts'
import { lastLines, supervisorLines } from './tail.ts'

type End = Pick<Exit, 'code' | 'signal' | 'oom'>

/** An instance's end as the server is told it. `failure`: why it could not even be started. */
export async function instanceEnd(record: InstanceRecord, how: End, failure: string | null): Promise<Exit> {
  const reason = exitReason(how, record.state.ending?.reason ?? null)
  const failed = reason === 'start failed'
  const { folder } = record.placement
  const tail = failed ? await supervisorLines(folder) : await lastLines(folder)
  const why = failure ?? (failed ? (tail.at(-1) ?? null) : (record.state.ending?.why ?? null))
  return {
    ...how,
    reason,
    message: `${exitMessage(how, reason, record.spec)}${why === null ? '' : `: ${why}`}`,
    tail,
  }
}

/** The end of one of which nothing was found again. */
export async function lostEnd(record: InstanceRecord): Promise<Exit> {
  const how: End = { code: null, signal: null, oom: false }
  return {
    ...how,
    reason: 'lost',
    message: exitMessage(how, 'lost', record.spec),
    tail: await lastLines(record.placement.folder),
  }
}

/** Resolves when the instance has ended. */
export async function untilExited(record: InstanceRecord, changes: Changes): Promise<Exit> {
  for (;;) {
    const now: InstanceStatus = record.state.status
    if (now.status === 'exited') return now.exit
    await changes.next(60_000)
  }
}

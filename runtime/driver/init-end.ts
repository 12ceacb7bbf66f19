import { constants } from 'node:os'
import type { Exit } from '../../server/contract/nodes.ts'
import type { InitStatus } from '../command/instance.ts'

export function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `SIG${number}`
}

/**
 * What init wrote and the kernel counted, as an exit. Without a last line init itself was killed. Code and signal are
 * both null when init never ran: then nspawn failed. The counter alone does not make an exit an OOM: an app may lose a
 * child to it and go on to end well.
 */
export function endOf(status: InitStatus, oomKills: number): Pick<Exit, 'code' | 'signal' | 'oom'> {
  const oom = oomKills > 0 && status.code !== 0
  if (status.code !== null) return { code: status.code, signal: null, oom }
  if (status.signal !== null) return { code: null, signal: signalName(status.signal), oom }
  return { code: null, signal: status.started || oom ? 'SIGKILL' : null, oom }
}

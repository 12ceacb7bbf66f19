import type { Probe } from '../../server/contract/health-checks.ts'
import type { Exit, InstanceSpec } from '../../server/contract/nodes.ts'
import { describeProbe, startupProbe } from './probe.ts'

export type Ending = 'stopped' | 'killed' | 'boot timeout' | 'unhealthy'

type End = Pick<Exit, 'code' | 'signal' | 'oom'>

/** Why it ended: an order of ours explains an end before its status does, except that memory explains most. */
export function exitReason(end: End, ending: Ending | null): Exit['reason'] {
  if (ending !== null) return ending
  return end.code === null && end.signal === null ? 'start failed' : 'exited'
}

/** One sentence for people. */
export function exitMessage(
  end: End,
  reason: Exit['reason'],
  spec: Pick<InstanceSpec, 'limits' | 'health'>,
): string {
  if (end.oom) return `Killed: used more than ${spec.limits.memoryMb} MB of memory`
  switch (reason) {
    case 'boot timeout':
      return spec.health === null ? 'Did not become ready in time' : bootMessage(spec.health)
    case 'unhealthy':
      return 'Ended: its liveness check failed'
    case 'start failed':
      return 'Could not be started'
    case 'lost':
      return 'Lost: its node was restarted, or something outside of the platform ended it'
    case 'stopped':
      return 'Stopped'
    case 'killed':
      return 'Killed'
    case 'exited':
      return end.signal !== null ? `Ended by ${end.signal}` : `Exited with status ${end.code ?? 'unknown'}`
  }
}

function bootMessage(health: NonNullable<InstanceSpec['health']>): string {
  const probe = startupProbe(health)
  const what =
    probe.path === null
      ? `Did not listen on port ${health.port}`
      : `${describeProbe(probe, health.port)} did not answer ${goodAnswer(probe)}`
  return `${what} within ${health.bootTimeout} s; the port is in the variable PORT, and 0.0.0.0 is the address to listen on`
}

function goodAnswer({ status, body }: Probe): string {
  const [only] = status
  const below = status.length === 1 && only?.[0] === 100
  const ranges = status.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(' or ')
  const code = below ? `below ${(only?.[1] ?? 399) + 1}` : `with ${ranges}`
  return body === null ? code : `${code} and ${JSON.stringify(body)} in it`
}

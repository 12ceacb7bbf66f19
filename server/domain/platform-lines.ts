import type { Exit } from '../contract/nodes.ts'
import type { InstanceFacts } from './instance.ts'
import { wasWanted } from './instance.ts'

/** What the node told of an instance, beside what it was before. */
export interface StateChange {
  readonly kind: InstanceFacts['kind']
  readonly phase: InstanceFacts['phase']
  readonly before: InstanceFacts['status']
  readonly status: NonNullable<InstanceFacts['status']>
  readonly was_unready: string | null
  readonly unready: string | null
  readonly exit: Exit | null
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
}

/** The status that a shell would show. */
export function exitStatus({ code, signal }: Pick<Exit, 'code' | 'signal'>): number | null {
  if (signal === null) return code
  const number = SIGNALS[signal]
  return number === undefined ? null : 128 + number
}

/** What the app's log says of a change, in the words and codes that Heroku's users know. */
export function platformLines(change: StateChange): string[] {
  const { before, status, unready, was_unready: wasUnready } = change
  const word = before === 'ready' || before === 'draining' ? 'up' : 'starting'
  switch (status) {
    case 'starting':
      return []
    case 'ready':
      if (before !== 'ready') return ['State changed from starting to up']
      if (unready !== null) return [`Out of routing, its readiness check fails: ${unready}`]
      return wasUnready === null ? [] : ['Its readiness check is answered again; back in routing']
    case 'draining':
      return []
    case 'exited':
      return change.exit === null ? [] : endLines(change, change.exit, word)
    default:
      return status satisfies never
  }
}

function endLines(change: StateChange, exit: Exit, word: string): string[] {
  const number = exitStatus(exit)
  const state = change.kind !== 'service' ? 'complete' : wasWanted(change) ? 'down' : 'crashed'
  return [
    ...causes(exit),
    ...(number === null ? [] : [`Process exited with status ${number}`]),
    `State changed from ${word} to ${state}`,
  ]
}

function causes({ reason, oom, signal, message }: Exit): string[] {
  if (oom) return [`Error R15 (Memory quota vastly exceeded): ${message}`]
  switch (reason) {
    case 'boot timeout':
      return [`Error R10 (Boot timeout): ${message}`]
    case 'stopped':
      return signal === 'SIGKILL'
        ? ['Error R12 (Exit timeout): it did not end within its grace after SIGTERM']
        : []
    case 'unhealthy':
      return [message]
    case 'exited':
    case 'killed':
    case 'start failed':
    case 'lost':
      return []
    default:
      return reason satisfies never
  }
}

import type { Instance } from '../contract/formation.ts'
import type { Exit } from '../contract/nodes.ts'
import type { InstanceState, RolloutInstance } from './rollout-model.ts'

/** What our own row and the node's last word say of one instance; times are ms by the database's clock. */
export interface InstanceFacts {
  readonly id: string
  readonly type: string
  readonly number: number
  readonly kind: 'service' | 'release' | 'run'
  readonly release: number
  readonly generation: number
  readonly replace: boolean
  /** Is to stay out of routing until it is told. */
  readonly held: boolean
  /** What was ordered, and whether the node has confirmed it. */
  readonly phase: 'intended' | 'started' | 'draining' | 'stopping' | 'ended'
  readonly confirmed: boolean
  readonly phase_since: number
  readonly status: 'starting' | 'ready' | 'draining' | 'exited' | null
  readonly status_since: number | null
  readonly exit: Exit | null
  /** Why a ready one is out of routing; absent or null: it is not. */
  readonly unready?: string | null
}

/**
 * Whether its end is no crash of the app, whatever its exit code: we ordered it, or its node lost it (a reboot, say).
 * A lost instance is replaced at once and speaks against no release. One that its node ended for its health is not
 * wanted by whatever was ordered after that.
 */
export function wasWanted({ phase, exit }: Pick<InstanceFacts, 'phase' | 'exit'>): boolean {
  if (exit?.reason === 'unhealthy') return false
  return phase === 'draining' || phase === 'stopping' || exit?.reason === 'stopped' || exit?.reason === 'lost'
}

function stateOf(facts: InstanceFacts): InstanceState {
  const { phase, status, phase_since, confirmed, exit } = facts
  const since = facts.status_since ?? phase_since
  if (status === 'exited') {
    const message = exit?.message ?? 'Ended'
    return { status: 'exited', wanted: wasWanted(facts), message, timeout: exit?.reason === 'boot timeout' }
  }
  switch (phase) {
    case 'intended':
      return { status: 'intended' }
    case 'started':
      // Out of routing it stands in for nobody, until it answers again.
      if (status === 'ready' && facts.unready != null) return { status: 'starting', since }
      if (status === 'ready') return { status: facts.held ? 'standby' : 'ready', since }
      // Its node ends it, for it does not answer.
      if (status === 'draining' && facts.unready != null)
        return { status: 'draining', since, confirmed: true }
      // It was drained and is wanted again, or the node's word is older than that wish: either way it can be routed.
      if (status === 'draining') return { status: 'standby', since }
      return { status: 'starting', since }
    case 'draining':
      // A node that still calls it ready has forgotten the order.
      return { status: 'draining', since: phase_since, confirmed: confirmed && status !== 'ready' }
    case 'stopping':
      return { status: 'stopping', since: phase_since, confirmed }
    case 'ended':
      return { status: 'exited', wanted: true, message: 'Ended', timeout: false }
    default:
      return phase satisfies never
  }
}

export function toRollout(facts: InstanceFacts): RolloutInstance {
  const { id, type, number, release, generation, replace } = facts
  return { id, type, number, release, generation, replace, state: stateOf(facts) }
}

export type OneOffStep = { readonly do: 'launch' | 'kill' | 'forget'; readonly id: string }

/** ms that an ended run is kept for whoever is about to attach to it: a short command is over before that. */
const ATTACH_GRACE = 15_000

/** Steps for release-phase and run instances: started once, never replaced; `wanted` tells whether one may still run. */
export function planOneOffs(
  facts: readonly (InstanceFacts & { readonly attach: boolean })[],
  wanted: (id: string) => boolean,
  now: number,
): { readonly steps: readonly OneOffStep[]; readonly wakeAt: number | null } {
  const steps: OneOffStep[] = []
  let wakeAt: number | null = null
  for (const one of facts) {
    const { id, kind, status, phase, confirmed } = one
    if (kind === 'service') continue
    if (status === 'exited') {
      const until = one.attach && wanted(id) ? (one.status_since ?? now) + ATTACH_GRACE : now
      if (now >= until) steps.push({ do: 'forget', id })
      else wakeAt = Math.min(wakeAt ?? until, until)
    } else if (!wanted(id)) {
      if (phase !== 'stopping' || !confirmed) steps.push({ do: 'kill', id })
    } else if (phase === 'intended') steps.push({ do: 'launch', id })
  }
  return { steps, wakeAt }
}

/** The state and the sentence that people see; `nextTry` is when a crashed one is started again. */
export function describeInstance(
  facts: InstanceFacts,
  nextTry: Date | null,
): Pick<Instance, 'state' | 'reason'> {
  if (facts.phase === 'ended' || facts.status === 'exited') {
    const message = facts.exit?.message ?? null
    if (wasWanted(facts)) return { state: 'exited', reason: message }
    const again = nextTry === null ? '' : `; next try at ${nextTry.toISOString().slice(11, 19)} UTC`
    return { state: 'crashed', reason: message === null ? null : `${message}${again}` }
  }
  if (facts.phase === 'draining' || facts.phase === 'stopping') return { state: 'draining', reason: null }
  if (facts.held && facts.status !== 'starting' && facts.status !== null)
    return { state: 'starting', reason: 'Up; comes into routing together with the others' }
  if (facts.status !== 'ready') return { state: 'starting', reason: null }
  return {
    state: 'ready',
    reason: facts.unready == null ? null : `Out of routing, its readiness check fails: ${facts.unready}`,
  }
}

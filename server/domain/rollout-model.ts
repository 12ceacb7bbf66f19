import type { CrashRecord } from './backoff.ts'
import type { Strategy } from './strategy.ts'

/**
 * Where an instance is, as our row and its node together tell it.
 *
 *     intended → starting → (standby →) ready → draining → stopping → exited → (forgotten)
 *         └──────────┴─────────┴──────────┴────────┴──────────┘
 *
 * `intended`: the row exists and the node did not yet confirm the order. `standby`: up, and not in routing. `confirmed`
 * false says of the order to drain or stop that the node did not confirm it: it is given again until it has.
 */
export type InstanceState =
  | { readonly status: 'intended' }
  | { readonly status: 'starting'; readonly since: number }
  | { readonly status: 'standby'; readonly since: number }
  | { readonly status: 'ready'; readonly since: number }
  | { readonly status: 'draining'; readonly since: number; readonly confirmed: boolean }
  | { readonly status: 'stopping'; readonly since: number; readonly confirmed: boolean }
  | {
      readonly status: 'exited'
      readonly wanted: boolean
      readonly message: string
      readonly timeout: boolean
    }

export interface RolloutInstance {
  readonly id: string
  readonly type: string
  /** The 2 of `web.2`. */
  readonly number: number
  readonly release: number
  readonly generation: number
  /** It was asked to be replaced by itself (`restart web.2`). */
  readonly replace: boolean
  readonly state: InstanceState
}

export type Live = RolloutInstance & {
  readonly state: Extract<InstanceState, { status: 'intended' | 'starting' | 'standby' | 'ready' }>
}

export interface RolloutType {
  readonly type: string
  readonly quantity: number
  /** How many instances may run above the quantity while old ones are replaced. */
  readonly surge: number
  /** By how many the ready ones may fall below the quantity meanwhile. */
  readonly unavailable: number
  /** Raised by a restart: instances of lower generations are replaced. */
  readonly generation: number
  /** Only routed instances are drained before they are stopped. */
  readonly routed: boolean
  /** ms that an instance without a health check has to stay up before it counts as ready. */
  readonly settle: number
  readonly crashed: CrashRecord
}

export interface RolloutRelease {
  readonly version: number
  readonly types: readonly string[]
}

export interface Candidate extends RolloutRelease {
  /** ms; all that is wanted of it has to be ready by then. */
  readonly deadline: number
  /** Stays as it is until it is resumed; nothing of it goes live. */
  readonly paused: boolean
  /** ms; since when its canaries are ready. */
  readonly hold: number | null
  /** Its canaries have shown enough: the rest follows. */
  readonly promoted: boolean
}

export interface Desired {
  /** Serves now; null before the first release and while the app is destroyed. */
  readonly current: RolloutRelease | null
  /** Is being rolled out; replaces `current` once all of its instances are ready, or is abandoned. */
  readonly candidate: Candidate | null
  /** Served before; its drained instances stay up until then (ms), to be taken back without a start. */
  readonly kept: { readonly version: number; readonly until: number } | null
  /** Until when (ms) crashes of what serves bring the release `back` back. */
  readonly watch: { readonly back: number; readonly until: number } | null
  readonly strategy: Strategy
  readonly formation: readonly RolloutType[]
  readonly timing: {
    /** ms from leaving the registry to SIGTERM: router refresh, a second, and a while for open requests. */
    readonly drain: number
    /** ms after an order to stop until the instance is killed: the grace of the node and some more. */
    readonly stop: number
  }
}

/** Why a step is taken; domain/explain.ts has the words. */
export type Why =
  | 'new-release'
  | 'missing'
  | 'old-capacity'
  | 'again'
  | 'switch'
  | 'replaced'
  | 'makes-room'
  | 'too-many'
  | 'not-wanted'
  | 'drained'
  | 'overdue'
  | 'ended'

export type Step =
  | {
      readonly do: 'start'
      readonly type: string
      readonly release: number
      readonly generation: number
      /** Stays out of routing until it is told. */
      readonly held: boolean
      readonly why: Why
    }
  /** Gives the order to start an existing row's instance (again). */
  | { readonly do: 'launch'; readonly id: string; readonly why: Why }
  /** Takes one that is up into routing. */
  | { readonly do: 'route'; readonly id: string; readonly why: Why }
  | { readonly do: 'drain'; readonly id: string; readonly why: Why }
  | { readonly do: 'stop'; readonly id: string; readonly why: Why }
  | { readonly do: 'kill'; readonly id: string; readonly why: Why }
  | { readonly do: 'forget'; readonly id: string; readonly why: Why }

export type Verdict =
  | { readonly kind: 'none' }
  /** The canaries are ready: from here on they are watched. */
  | { readonly kind: 'hold' }
  /** They were watched for long enough. */
  | { readonly kind: 'promote' }
  /** Every instance of the candidate is ready. */
  | { readonly kind: 'complete' }
  | {
      readonly kind: 'abandon'
      readonly code: 'boot_crash' | 'boot_timeout'
      readonly reason: string
      readonly instance: string | null
    }
  /** What went live crashes over and over: the release before is to come back. */
  | { readonly kind: 'back-out'; readonly to: number; readonly reason: string }

export interface Plan {
  readonly verdict: Verdict
  /** Empty with a verdict: it changes what is desired, so it is carried out first and planned anew. */
  readonly steps: readonly Step[]
  /** ms; when time alone makes a new plan necessary. */
  readonly wakeAt: number | null
}

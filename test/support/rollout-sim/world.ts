import type { CrashRecord } from '../../../server/domain/backoff.ts'
import { NO_CRASH } from '../../../server/domain/backoff.ts'
import type { InstanceFacts } from '../../../server/domain/instance.ts'
import type { Candidate, Desired, RolloutRelease, RolloutType } from '../../../server/domain/rollout-model.ts'
import type { Strategy } from '../../../server/domain/strategy.ts'

/** xorshift: a seed gives the same world on every machine. */
export function createRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 88_675_123) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 4_294_967_296
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** What a node knows of an instance; `none`: it was never told to start it. */
export type NodeStatus = 'none' | 'starting' | 'ready' | 'draining' | 'exited' | 'gone'

/** One instance: the server's row of it, and the truth at its node, which the row follows late. */
export interface Row extends Mutable<InstanceFacts> {
  truth: NodeStatus
  /** In the registry: it takes requests. */
  routed: boolean
  /** Its end was ordered; a node takes no other order then. */
  ending: boolean
  /** The end that the node will tell. */
  ended: InstanceFacts['exit']
  /** Whether it comes up when it is started, as its release is. */
  boots: boolean
  /** True time at which it comes to its next status by itself. */
  due: number
  /** What the last look at the node gave; a late answer gives that once more. */
  seen: NodeStatus
}

export interface Faults {
  /** Share of the orders that do not arrive, or of which the answer is lost. */
  readonly lost: number
  /** Share of the steps after which the server is killed. */
  readonly killed: number
  /** Share of the looks at an instance that show what was before. */
  readonly stale: number
  /** Share of the rounds in which an instance dies. */
  readonly dies: number
  /** Share of the rounds in which the node loses everything. */
  readonly reboots: number
  /** Share of the rounds in which the database's clock jumps. */
  readonly jumps: number
}

export const NO_FAULTS: Faults = { lost: 0, killed: 0, stale: 0, dies: 0, reboots: 0, jumps: 0 }

export interface Sim {
  readonly random: () => number
  /** True time, ms; the database's clock is `skew` ahead. */
  time: number
  skew: number
  rows: Row[]
  made: number
  /** Number of the newest release. */
  newest: number
  /** Releases whose instances die at boot, from this number on. */
  bad: number
  current: RolloutRelease | null
  candidate: Mutable<Candidate> | null
  kept: Desired['kept']
  watch: Desired['watch']
  strategy: Strategy
  formation: Mutable<RolloutType>[]
  faults: Faults
  /** ms that the old instances are kept after a switch, and that a release is watched. */
  readonly keep: number
  readonly watchTime: number
  readonly verdicts: string[]
  readonly broken: string[]
}

export const TYPES = ['web', 'worker'] as const
export const TIMING = { drain: 1_200, stop: 35_000 }
export const BOOT_LIMIT = 60_000

export function typeOf(type: string, quantity: number, unavailable = 0, surge = 1): Mutable<RolloutType> {
  const routed = type === 'web'
  const crashed: CrashRecord = NO_CRASH
  return { type, quantity, surge, unavailable, generation: 1, routed, settle: routed ? 0 : 1_000, crashed }
}

export function makeRow(sim: Sim, type: string, release: number, generation: number, held: boolean): Row {
  sim.made += 1
  let number = 1
  while (sim.rows.some((one) => one.type === type && one.number === number)) number += 1
  return {
    id: `i${sim.made}`,
    type,
    number,
    kind: 'service',
    release,
    generation,
    replace: false,
    held,
    phase: 'intended',
    confirmed: false,
    phase_since: sim.time + sim.skew,
    status: null,
    status_since: null,
    exit: null,
    truth: 'none',
    routed: false,
    ending: false,
    ended: null,
    boots: release < sim.bad,
    due: Infinity,
    seen: 'none',
  }
}

export const desiredOf = (sim: Sim): Desired => ({
  current: sim.current,
  candidate: sim.candidate,
  kept: sim.kept,
  watch: sim.watch,
  strategy: sim.strategy,
  formation: sim.formation,
  timing: TIMING,
})

import {
  BOOT_LIMIT,
  createRandom,
  type Faults,
  makeRow,
  NO_FAULTS,
  type Row,
  type Sim,
  TYPES,
  typeOf,
} from './world.ts'
import { NO_CRASH } from '../../../server/domain/backoff.ts'
import type { Strategy } from '../../../server/domain/strategy.ts'

/** Something that a person does in the middle; `at` is true time. */
export interface Action {
  readonly at: number
  readonly run: (sim: Sim) => void
}

export interface Story {
  readonly sim: Sim
  /** In order of their times. */
  readonly actions: readonly Action[]
  /** From then on nothing goes wrong any more. */
  readonly calmFrom: number
  /** Nothing goes wrong and nobody interferes: the outcome follows from the release alone. */
  readonly plain: boolean
  readonly dies: boolean
}

const STRATEGIES = ['rolling', 'recreate', 'blue-green', 'canary'] as const

function anyStrategy(random: () => number): Strategy {
  const kind = STRATEGIES[Math.floor(random() * STRATEGIES.length)] ?? 'rolling'
  if (kind !== 'canary') return { kind }
  return { kind, share: 1 + Math.floor(random() * 99), time: random() < 0.7 ? 5_000 : null }
}

/** A deploy of release 4 beside release 3, as the seed has it: quantities, strategy, what was left, what goes wrong. */
export function tell(seed: number): Story {
  const random = createRandom(seed)
  const plain = seed % 4 === 0
  const dies = random() < 0.2
  const u = random() < 0.25 ? 1 : 0
  const surge = Math.floor(random() * 3)
  const sim: Sim = {
    random,
    time: 0,
    skew: 0,
    rows: [],
    made: 0,
    newest: 4,
    bad: dies ? 4 : Infinity,
    current: { version: 3, types: TYPES },
    candidate: null,
    kept: null,
    watch: null,
    strategy: anyStrategy(random),
    formation: [
      typeOf('web', Math.floor(random() * 5), u, surge),
      typeOf('worker', Math.floor(random() * 3), 0),
    ],
    faults: plain ? NO_FAULTS : anyFaults(random),
    keep: random() < 0.5 ? 20_000 : 0,
    watchTime: random() < 0.3 ? 30_000 : 0,
    verdicts: [],
    broken: [],
  }
  // Most begin as the last deploy left them, the others with anything that history may have left.
  const settled = plain || random() < 0.7
  if (settled) settle(sim)
  else litter(sim)
  if (!settled && random() < 0.1) sim.current = null
  if (plain || random() < 0.9) propose(sim, 4, random() < 0.1 ? ['web'] : TYPES)
  return { sim, actions: plain ? [] : anyActions(sim), calmFrom: plain ? 0 : 25_000, plain, dies }
}

function anyFaults(random: () => number): Faults {
  const some = (most: number) => (random() < 0.4 ? random() * most : 0)
  return {
    lost: some(0.3),
    killed: some(0.2),
    stale: some(0.5),
    dies: some(0.03),
    reboots: some(0.01),
    jumps: some(0.02),
  }
}

function settle(sim: Sim): void {
  for (const { type, quantity } of sim.formation)
    for (let i = 0; i < quantity; i++) {
      const row = makeRow(sim, type, 3, 1, false)
      Object.assign(row, { phase: 'started', confirmed: true, status: 'ready', status_since: -5_000 })
      Object.assign(row, { truth: 'ready', seen: 'ready', routed: type === 'web' })
      sim.rows.push(row)
    }
}

function litter(sim: Sim): void {
  const { random } = sim
  const count = Math.floor(random() * 8)
  for (let i = 0; i < count; i++) {
    const type = random() < 0.6 ? 'web' : 'worker'
    const row = makeRow(sim, type, 1 + Math.floor(random() * 3), random() < 0.3 ? 0 : 1, random() < 0.2)
    row.replace = random() < 0.1
    age(sim, row, Math.floor(random() * 6))
    row.seen = row.truth
    sim.rows.push(row)
  }
}

function age(sim: Sim, row: Row, stage: number): void {
  if (stage === 0) return
  row.phase = 'started'
  row.confirmed = true
  row.status = 'starting'
  row.truth = 'starting'
  row.due = sim.random() * 5_000
  row.status_since = 0
  if (stage === 1) return
  row.status = 'ready'
  row.truth = 'ready'
  row.due = Infinity
  row.routed = row.type === 'web' && !row.held
  if (stage <= 3) return
  row.phase = stage === 4 ? 'draining' : 'stopping'
  row.phase_since = 0
  row.confirmed = sim.random() < 0.5
  if (row.confirmed) row.status = 'draining'
  row.truth = 'draining'
  row.routed = false
  if (stage === 4) return
  row.ending = true
  row.due = sim.random() * 2_000
}

/** A release whose turn it is. */
export function propose(sim: Sim, version: number, types: readonly string[]): void {
  const deadline = sim.time + sim.skew + BOOT_LIMIT * 6
  sim.candidate = { version, types, deadline, paused: false, hold: null, promoted: false }
  sim.newest = Math.max(sim.newest, version)
}

/** A rollback to what is kept: its instances stand by for the new release. */
export function takeBack(sim: Sim): void {
  const { kept, current } = sim
  if (kept === null || sim.candidate !== null || current === null) return
  propose(sim, sim.newest + 1, TYPES)
  const version = sim.newest
  for (const row of sim.rows) {
    if (row.release !== kept.version || row.phase !== 'draining' || row.status === 'exited') continue
    Object.assign(row, { release: version, phase: 'started', confirmed: true, held: true, boots: true })
    row.generation = sim.formation.find(({ type }) => type === row.type)?.generation ?? 1
  }
}

function anyActions(sim: Sim): Action[] {
  const { random } = sim
  const actions: Action[] = []
  const count = Math.floor(random() * 5)
  for (let i = 0; i < count; i++) {
    const at = random() * (random() < 0.5 ? 4_000 : 30_000)
    const kind = Math.floor(random() * 9)
    const value = random()
    actions.push({ at, run: (one) => act(one, kind, value) })
    if (kind === 0) actions.push({ at: at + random() * 15_000, run: (one) => act(one, 1, value) })
  }
  return actions.sort((a, b) => a.at - b.at)
}

function act(sim: Sim, kind: number, value: number): void {
  const { candidate, random } = sim
  const type = sim.formation[value < 0.7 ? 0 : 1]
  switch (kind) {
    case 0:
      if (candidate !== null) candidate.paused = true
      break
    case 1:
      resume(sim)
      break
    case 2:
      sim.candidate = null
      sim.verdicts.push('abort')
      break
    case 3:
      promote(sim)
      break
    case 4:
      if (type === undefined) break
      type.quantity = Math.floor(random() * 5)
      type.crashed = NO_CRASH
      break
    case 5:
      if (type !== undefined) type.generation += 1
      break
    case 6: {
      const row = sim.rows[Math.floor(random() * sim.rows.length)]
      if (row !== undefined) row.replace = true
      break
    }
    case 7:
      sim.strategy = anyStrategy(random)
      break
    case 8:
      if (random() < 0.5) takeBack(sim)
      else if (candidate === null) propose(sim, sim.newest + 1, TYPES)
      break
    default:
      break
  }
}

export function resume(sim: Sim): void {
  if (sim.candidate?.paused !== true) return
  sim.candidate.paused = false
  sim.candidate.deadline = sim.time + sim.skew + BOOT_LIMIT * 6
}

export function promote(sim: Sim): void {
  const { candidate } = sim
  if (candidate === null || candidate.hold === null || candidate.promoted) return
  candidate.promoted = true
  candidate.deadline = sim.time + sim.skew + BOOT_LIMIT * 6
}

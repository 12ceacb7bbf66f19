import { NO_CRASH } from '../../../server/domain/backoff.ts'
import { toRollout } from '../../../server/domain/instance.ts'
import type { Desired, Plan, RolloutInstance, Verdict } from '../../../server/domain/rollout-model.ts'
import { dieAtRandom, observe, passTime, reboot } from './node.ts'
import { carryOut } from './orders.ts'
import { checkPlan } from './promises.ts'
import { promote, propose, resume, type Story, takeBack, tell } from './script.ts'
import { desiredOf, NO_FAULTS, type Sim } from './world.ts'

/** A planner under test: the real one, or one that was broken on purpose. */
export type Planner = (desired: Desired, instances: readonly RolloutInstance[], now: number) => Plan

const MOST_ROUNDS = 3_000

/**
 * Lets a planner loose on the world that follows from a seed, and tells every promise that it broke; none: it kept them
 * all, came to rest once the faults had ended, and then planned nothing more.
 */
export function simulate(plan: Planner, seed: number): readonly string[] {
  const story = tell(seed)
  const { sim, actions } = story
  let next = 0
  for (let round = 0; ; round += 1) {
    if (round === MOST_ROUNDS) {
      sim.broken.push('no rest')
      break
    }
    for (let action = actions[next]; action !== undefined && action.at <= sim.time; action = actions[next]) {
      action.run(sim)
      next += 1
    }
    if (sim.time >= story.calmFrom && sim.faults !== NO_FAULTS) calm(sim)
    misfortune(sim)
    passTime(sim)
    observe(sim)
    const views = sim.rows.map(toRollout)
    const planned = plan(desiredOf(sim), views, sim.time + sim.skew)
    const { verdict, steps, wakeAt } = planned
    checkPlan(sim, views, planned)
    if (sim.broken.length > 0) break
    if (verdict.kind !== 'none') {
      decide(sim, verdict)
      continue
    }
    carryOut(sim, steps)
    if (story.plain) checkTruth(sim)
    if (sim.broken.length > 0) break
    if (steps.length > 0) {
      // Writing rows and giving orders takes a moment.
      sim.time += 1 + sim.random() * 20
      continue
    }
    let due = wakeAt === null ? Infinity : wakeAt - sim.skew
    for (const row of sim.rows) if (row.due < due) due = row.due
    const action = actions[next]
    if (action !== undefined && action.at < due) due = action.at
    if (sim.faults !== NO_FAULTS) due = Math.min(due, sim.time + 1_000 + sim.random() * 4_000, story.calmFrom)
    if (due === Infinity) {
      if (isPushedOn(sim)) continue
      break
    }
    sim.time = Math.max(due, sim.time + 0.001)
  }
  if (sim.broken.length === 0) checkEnd(story)
  return sim.broken
}

function misfortune(sim: Sim): void {
  const { faults, random } = sim
  if (faults === NO_FAULTS) return
  if (random() < faults.dies) dieAtRandom(sim)
  if (random() < faults.reboots) reboot(sim)
  if (random() < faults.jumps) sim.skew += (random() - 0.5) * 7_200_000
}

/** The faults end; what somebody would do at last is done. */
function calm(sim: Sim): void {
  sim.faults = NO_FAULTS
  resume(sim)
  // A release that went live without an instance, and dies as soon as it is scaled, would crash for ever.
  if (sim.current === null || sim.current.version < sim.bad) return
  sim.bad = Infinity
  for (const row of sim.rows) row.boots = true
}

/** A canary without a time waits for somebody who says that it is good. */
function isPushedOn(sim: Sim): boolean {
  const { candidate } = sim
  if (candidate === null || (candidate.hold !== null && candidate.promoted && !candidate.paused)) return false
  if (
    sim.strategy.kind === 'canary' &&
    sim.strategy.time !== null &&
    candidate.hold !== null &&
    !candidate.paused
  )
    sim.broken.push('nobody wakes for the promotion')
  const before = candidate.paused || (candidate.hold !== null && !candidate.promoted)
  resume(sim)
  promote(sim)
  return before
}

/** As server/deploy/verdict.ts does it, in one go. */
function decide(sim: Sim, verdict: Exclude<Verdict, { kind: 'none' }>): void {
  const { candidate, current } = sim
  const now = sim.time + sim.skew
  sim.verdicts.push(verdict.kind)
  switch (verdict.kind) {
    case 'hold':
      if (candidate !== null) candidate.hold = now
      break
    case 'promote':
      promote(sim)
      break
    case 'abandon':
      sim.candidate = null
      break
    case 'complete':
      if (candidate === null) break
      sim.kept =
        sim.strategy.kind === 'blue-green' && sim.keep > 0 && current !== null
          ? { version: current.version, until: now + sim.keep }
          : null
      sim.watch =
        sim.watchTime > 0 && current !== null ? { back: current.version, until: now + sim.watchTime } : null
      sim.current = { version: candidate.version, types: candidate.types }
      sim.candidate = null
      for (const type of sim.formation) type.crashed = NO_CRASH
      break
    case 'back-out':
      sim.watch = null
      if (sim.kept?.version === verdict.to) takeBack(sim)
      else propose(sim, sim.newest + 1, sim.current?.types ?? [])
      break
    default:
      verdict satisfies never
  }
}

/** Without faults the router itself never has fewer instances than promised. */
function checkTruth(sim: Sim): void {
  const [web] = sim.formation
  if (web === undefined || sim.strategy.kind === 'recreate') return
  if (sim.candidate?.types.includes('web') !== true && sim.current?.types.includes('web') !== true) return
  const slack = sim.strategy.kind === 'blue-green' ? 0 : web.unavailable
  let serving = 0
  for (const { routed } of sim.rows) if (routed) serving += 1
  if (serving < web.quantity - slack) sim.broken.push(`only ${serving} of ${web.quantity} web serve`)
}

function checkEnd({ sim, plain, dies }: Story): void {
  const { candidate, current, broken } = sim
  if (candidate !== null) broken.push('the candidate is neither live nor given up')
  for (const row of sim.rows) {
    if (row.release !== current?.version) broken.push(`an instance of v${row.release} is left`)
    else if (row.truth !== 'ready' || row.phase !== 'started' || (row.type === 'web' && !row.routed))
      broken.push(`an instance is left ${row.phase}, ${row.truth}`)
  }
  for (const { type, quantity } of sim.formation) {
    const wanted = current?.types.includes(type) === true ? quantity : 0
    const have = sim.rows.filter((row) => row.type === type).length
    if (have !== wanted) broken.push(`${have} ${type} instead of ${wanted}`)
  }
  if (!plain) return
  const asked = sim.formation.some(({ quantity }) => quantity > 0)
  const last = sim.verdicts.at(-1)
  if (dies && asked && last !== 'abandon' && sim.current?.version === 4 && isAsked(sim))
    broken.push('v4 went live')
  if (!dies && sim.current?.version !== 4) broken.push('v4 did not go live')
}

const isAsked = ({ formation, current }: Sim) =>
  formation.some(({ type, quantity }) => quantity > 0 && current?.types.includes(type) === true)

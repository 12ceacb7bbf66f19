import { nextTry } from '../../../server/domain/backoff.ts'
import type { Plan, RolloutInstance, RolloutType, Verdict } from '../../../server/domain/rollout-model.ts'
import { type Row, type Sim, TIMING } from './world.ts'

// What each strategy promises, in words of its own: the planner's arithmetic is not used here.

/** Counts of one process type as the server sees it. */
interface Count {
  readonly type: RolloutType
  live: number
  ready: number
  /** Of the candidate, and of its latest generation. */
  newLive: number
  newUp: number
  newReady: number
  /** All others. */
  oldLive: number
  oldReady: number
  starts: number
  newStarts: number
  readyLeaves: number
  oldReadyLeaves: number
  oldLeaves: number
}

const isUp = ({ state }: RolloutInstance, { settle }: RolloutType, now: number) =>
  (state.status === 'ready' || state.status === 'standby') && now >= state.since + settle

function count(sim: Sim, views: readonly RolloutInstance[], now: number): Count[] {
  const counts = sim.formation.map(
    (type): Count => ({
      type,
      live: 0,
      ready: 0,
      newLive: 0,
      newUp: 0,
      newReady: 0,
      oldLive: 0,
      oldReady: 0,
      starts: 0,
      newStarts: 0,
      readyLeaves: 0,
      oldReadyLeaves: 0,
      oldLeaves: 0,
    }),
  )
  for (const view of views) {
    const { status } = view.state
    if (status === 'draining' || status === 'stopping' || status === 'exited') continue
    const one = counts[view.type === 'web' ? 0 : 1]
    if (one === undefined) continue
    const up = isUp(view, one.type, now)
    const ready = up && status === 'ready'
    one.live += 1
    if (ready) one.ready += 1
    const isNew = isOfCandidate(sim, view, one.type)
    if (isNew) {
      one.newLive += 1
      if (up) one.newUp += 1
      if (ready) one.newReady += 1
    } else {
      one.oldLive += 1
      if (ready) one.oldReady += 1
    }
  }
  return counts
}

const isOfCandidate = (sim: Sim, { release, generation, replace }: RolloutInstance, type: RolloutType) =>
  release === sim.candidate?.version && generation >= type.generation && !replace

/** Canaries beside the rest of them; spelled out once more on purpose. */
function share(percent: number, quantity: number): number {
  if (quantity < 2) return quantity
  const wanted = Math.round((quantity / 100) * percent)
  return wanted < 1 ? 1 : wanted >= quantity ? quantity - 1 : wanted
}

const serves = (sim: Sim, type: string) =>
  sim.candidate?.types.includes(type) === true ||
  (sim.current?.types.includes(type) === true &&
    !(sim.candidate !== null && sim.strategy.kind === 'recreate'))

/** Notes every promise that a plan breaks, before it is carried out. */
export function checkPlan(sim: Sim, views: readonly RolloutInstance[], plan: Plan): void {
  if (plan.verdict.kind === 'none' && plan.steps.length === 0) return
  const now = sim.time + sim.skew
  const { broken, candidate, current, strategy } = sim
  const tell = (rule: string) => broken.push(`${rule} (at ${Math.round(sim.time)})`)
  if (plan.verdict.kind === 'none' && plan.steps.every(isOfOne))
    return checkOrders(sim, views, plan, now, tell)
  const counts = count(sim, views, now)
  if (plan.verdict.kind !== 'none') return checkVerdict(sim, plan.verdict, counts, views, now, tell)
  const paused = candidate?.paused === true && strategy.kind !== 'recreate'
  const canary = strategy.kind === 'canary' && candidate !== null && current !== null && !candidate.promoted
  const blueGreen = strategy.kind === 'blue-green' && candidate !== null && current !== null
  const all = counts.every(
    ({ type, newUp }) => candidate?.types.includes(type.type) !== true || newUp >= type.quantity,
  )
  for (const step of plan.steps) {
    if (step.do === 'start') {
      const one = counts[step.type === 'web' ? 0 : 1]
      if (one === undefined) continue
      one.starts += 1
      if (step.release === candidate?.version) {
        one.newStarts += 1
        if (paused) tell('a paused deployment started an instance')
        if (blueGreen && one.type.routed && !step.held) tell('an instance would be routed before its time')
      } else {
        if (step.release !== current?.version) tell('an instance of an abandoned release was started')
        if (now < nextTry(one.type.crashed)) tell('no wait after a crash')
      }
      if (strategy.kind === 'recreate' && sim.rows.some((row) => isInTheWay(sim, row, step.release)))
        tell('the new started beside the old')
      continue
    }
    const view = views.find(({ id }) => id === step.id)
    if (view === undefined) continue
    const one = counts[view.type === 'web' ? 0 : 1]
    if (one === undefined) continue
    checkStep(sim, step, view, now, tell)
    const isNew = isOfCandidate(sim, view, one.type)
    if (step.do === 'route' && isNew && ((blueGreen && !all) || paused))
      tell('a part of the new was switched to')
    const { status } = view.state
    if (step.do !== 'drain' && step.do !== 'stop') continue
    if (status === 'draining' || status === 'stopping' || status === 'exited') continue
    const ready = status === 'ready' && isUp(view, one.type, now)
    if (ready) one.readyLeaves += 1
    if (!isNew) one.oldLeaves += 1
    if (!isNew && ready) one.oldReadyLeaves += 1
  }
  const proven = counts.every(
    ({ type, newUp }) => candidate?.types.includes(type.type) !== true || type.quantity === 0 || newUp > 0,
  )
  for (const one of counts) {
    const { type, quantity, unavailable, surge } = one.type
    if (!serves(sim, type)) continue
    const rolls = candidate?.types.includes(type) === true
    const slack = (rolls && (paused || canary || blueGreen)) || strategy.kind === 'recreate' ? 0 : unavailable
    const promised = strategy.kind === 'recreate' && one.oldLive > 0 ? 0 : quantity - slack
    const left = one.ready - one.readyLeaves
    if (strategy.kind !== 'recreate' && left < Math.min(promised, one.ready))
      tell(`capacity of ${type} dropped`)
    const above = unavailable === 0 || canary ? Math.max(1, surge) : surge
    const most =
      strategy.kind === 'recreate' ? quantity : rolls && blueGreen ? 2 * quantity : quantity + above
    if (one.live + one.starts > Math.max(one.live, most)) tell(`too many ${type}`)
    if (!rolls || strategy.kind === 'recreate') continue
    const oldLeft = one.oldReady - one.oldReadyLeaves
    if (current !== null && !proven && oldLeft < Math.min(one.oldReady, quantity - slack))
      tell(`an old ${type} left before the new release had booted`)
    if (blueGreen && oldLeft < Math.min(one.oldReady, quantity)) tell(`an old ${type} left before the switch`)
    if (paused && one.oldLeaves > Math.max(0, one.oldLive - quantity)) tell(`an old ${type} left in a pause`)
    if (!canary || paused || strategy.kind !== 'canary') continue
    const canaries = share(strategy.share, quantity)
    if (one.newStarts > 0 && one.newLive + one.newStarts > canaries)
      tell(`more canaries of ${type} than asked for`)
    const rest = Math.max(quantity - canaries, Math.min(1, quantity))
    if (oldLeft < Math.min(one.oldReady, rest)) tell(`canaries of ${type} took more than their share`)
  }
}

/** It changes no count of what serves or is live. */
const isOfOne = ({ do: what }: Plan['steps'][number]) =>
  what === 'launch' || what === 'forget' || what === 'kill'

function checkOrders(
  sim: Sim,
  views: readonly RolloutInstance[],
  plan: Plan,
  now: number,
  tell: (rule: string) => void,
): void {
  for (const step of plan.steps) {
    if (step.do === 'start') continue
    const view = views.find(({ id }) => id === step.id)
    if (view !== undefined) checkStep(sim, step, view, now, tell)
  }
}

/** Of another release, or of this one from before a restart, and not certainly at its end. */
function isInTheWay(sim: Sim, row: Row, release: number): boolean {
  const type = sim.formation.find((one) => one.type === row.type)
  const old = row.release !== release || row.generation < (type?.generation ?? 0) || row.replace
  return old && row.truth !== 'none' && row.truth !== 'exited' && row.truth !== 'gone'
}

function checkStep(
  sim: Sim,
  step: Plan['steps'][number],
  view: RolloutInstance,
  now: number,
  tell: (rule: string) => void,
): void {
  const { state } = view
  if (step.do === 'kill' && !(state.status === 'stopping' && now >= state.since + TIMING.stop))
    tell('killed before its grace was over')
  if (step.do === 'forget' && state.status !== 'exited') tell('forgot what still runs')
  if (step.do === 'route' && state.status !== 'standby') tell('routed what is not up')
  if (step.do !== 'stop') return
  if (state.status === 'ready' && view.type === 'web') tell('stopped what is in routing')
  if (state.status !== 'draining') return
  if (now < state.since + TIMING.drain) tell('stopped before it was drained')
  const { kept, strategy, candidate } = sim
  if (
    strategy.kind === 'blue-green' &&
    candidate === null &&
    view.release === kept?.version &&
    now < kept.until
  )
    tell('the way back was taken down too early')
}

function checkVerdict(
  sim: Sim,
  verdict: Verdict,
  counts: readonly Count[],
  views: readonly RolloutInstance[],
  now: number,
  tell: (rule: string) => void,
): void {
  const { candidate, strategy, current } = sim
  if (verdict.kind === 'back-out') {
    const crashes = Math.max(...sim.formation.map(({ crashed }) => crashed.crashes))
    if (candidate !== null || sim.watch === null || now >= sim.watch.until || crashes < 3)
      tell('taken back without a reason')
    return
  }
  if (candidate === null) return tell(`${verdict.kind} without a candidate`)
  const paused = candidate.paused && strategy.kind !== 'recreate'
  const dead = views.some(
    ({ release, state }) => release === candidate.version && state.status === 'exited' && !state.wanted,
  )
  if (verdict.kind === 'abandon') {
    const late = !paused && now >= candidate.deadline && (candidate.hold === null || candidate.promoted)
    if (!dead && !late) tell('given up without a reason')
    return
  }
  if (dead) tell('goes on although an instance died')
  if (paused) tell('went on in a pause')
  const canary = strategy.kind === 'canary' && current !== null && !candidate.promoted
  if (verdict.kind === 'complete' && canary && counts.some(isAsked)) tell('live without a promotion')
  for (const one of counts) {
    if (!isAsked(one)) continue
    const { quantity } = one.type
    const wanted = strategy.kind === 'canary' && canary ? share(strategy.share, quantity) : quantity
    if (one.newReady < wanted) tell(`${verdict.kind} without enough ${one.type.type}`)
  }
  if (verdict.kind === 'promote') {
    const time = strategy.kind === 'canary' ? strategy.time : null
    if (candidate.hold === null || time === null || now < candidate.hold + time) tell('promoted too early')
  }

  function isAsked({ type }: Count): boolean {
    return candidate?.types.includes(type.type) === true && type.quantity > 0
  }
}

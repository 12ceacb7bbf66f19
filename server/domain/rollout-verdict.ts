import type { Candidate, Desired, Verdict } from './rollout-model.ts'
import { isCanary, isPaused, neededOf } from './rollout-shape.ts'
import type { Stock } from './rollout-stock.ts'
import { BACK_OUT_CRASHES } from './strategy.ts'

const NONE: Verdict = { kind: 'none' }

/** Whether the candidate may go on to its next stage, has to be given up, or neither. */
export function judge(desired: Desired, stock: Stock, now: number): Verdict {
  const { candidate, strategy } = desired
  if (candidate === null) return judgeServing(desired, now)
  const { dead } = stock
  if (dead !== null && dead.state.status === 'exited') {
    const { timeout, message } = dead.state
    return {
      kind: 'abandon',
      code: timeout ? 'boot_timeout' : 'boot_crash',
      reason: message,
      instance: dead.id,
    }
  }
  if (isPaused(desired)) return NONE
  const canary = isCanary(desired)
  let waiting: string | null = null
  let needed = 0
  for (const group of stock.groups) {
    const need = neededOf(desired, group)
    needed += need
    if (group.ready < need) waiting = waiting === null ? group.type.type : `${waiting}, ${group.type.type}`
  }
  if (canary && needed > 0 && candidate.hold !== null) {
    const time = strategy.kind === 'canary' ? strategy.time : null
    const over = time !== null && now >= candidate.hold + time
    return waiting === null && over ? { kind: 'promote' } : NONE
  }
  if (waiting === null) return canary && needed > 0 ? { kind: 'hold' } : { kind: 'complete' }
  if (now < candidate.deadline || isBeyondDeadline(candidate)) return NONE
  return {
    kind: 'abandon',
    code: 'boot_timeout',
    reason: `Not all instances of ${waiting} became ready in time`,
    instance: null,
  }
}

/** Crashes of one type count together; those before the release went live are forgotten then. */
function judgeServing({ watch, formation }: Desired, now: number): Verdict {
  if (watch === null || now >= watch.until) return NONE
  for (const { type, quantity, crashed } of formation) {
    if (quantity === 0 || crashed.crashes < BACK_OUT_CRASHES) continue
    return { kind: 'back-out', to: watch.back, reason: `${type} crashed ${crashed.crashes} times` }
  }
  return NONE
}

/** Its canaries were ready in time; what follows gets a time of its own with the promotion. */
const isBeyondDeadline = ({ hold, promoted }: Candidate) => hold !== null && !promoted

/** ms; when time alone changes the verdict. */
export function verdictDueAt(desired: Desired): number | null {
  const { candidate, strategy } = desired
  if (candidate === null || isPaused(desired)) return null
  if (!isBeyondDeadline(candidate) || candidate.hold === null) return candidate.deadline
  if (!isCanary(desired)) return null
  return strategy.kind === 'canary' && strategy.time !== null ? candidate.hold + strategy.time : null
}

import { readFileSync } from 'node:fs'
import type { Limiter } from './cgroup.ts'
import { INSISTENCE, type Insistence } from './hierarchies.ts'

/** ms between two looks at what the groups got. */
const LOOK = 1_000
/** Processors: who could use more and gets less is not left to wait. */
const AT_LEAST = 0.5
/** Processors: who gets more can be content with less. */
const ENOUGH = 1

/**
 * How much groups that give way insist from now on. A machine of which neighbours use every processor for good would
 * else never build the very release that mends them; so they are not kept below half of one for long. Pure.
 *
 * @param got Processors that they had since the last look, e.g. 1.5.
 * @param waiting Whether they could use more.
 */
export function nextInsistence(now: Insistence, got: number, waiting: boolean): Insistence {
  const at = INSISTENCE.indexOf(now)
  if (waiting && got < AT_LEAST) return INSISTENCE[at + 1] ?? now
  if (!waiting || got > ENOUGH) return INSISTENCE[at - 1] ?? now
  return now
}

/** Watches the groups of a limiter that yields, from now on until it is closed. */
export function watchPatience(limiter: Limiter): { close(): void } {
  let insistence: Insistence = 0
  // systemd may have set a weight of its own meanwhile.
  limiter.insist(0)
  let last = { used: usage(limiter), at: performance.now() }
  const timer = setInterval(() => {
    const now = { used: usage(limiter), at: performance.now() }
    const got = Math.max(0, now.used - last.used) / ((now.at - last.at) / 1000)
    last = now
    // Looking at processes is dear, and mostly they got enough.
    const next = nextInsistence(insistence, got, got >= AT_LEAST || isWaiting(limiter))
    if (next !== insistence) limiter.insist(next)
    insistence = next
  }, LOOK)
  timer.unref()
  return {
    close() {
      clearInterval(timer)
      if (insistence !== 0) limiter.insist(0)
    },
  }
}

const usage = (limiter: Limiter): number =>
  limiter.groups().reduce((sum, group) => sum + (limiter.stats(group)?.cpuSeconds ?? 0), 0)

/** Whether a process of theirs could run. */
function isWaiting(limiter: Limiter): boolean {
  return limiter.groups().some((group) => limiter.processes(group).some(isRunnable))
}

function isRunnable(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.startsWith('R', stat.lastIndexOf(')') + 2)
  } catch {
    // It has ended since it was listed.
    return false
  }
}

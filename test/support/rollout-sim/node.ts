import type { InstanceFacts } from '../../../server/domain/instance.ts'
import type { NodeStatus, Row, Sim } from './world.ts'

type Exit = NonNullable<InstanceFacts['exit']>

const exit = (reason: Exit['reason'], message: string): Exit => ({
  code: null,
  signal: null,
  oom: false,
  reason,
  message,
  tail: [],
})
const CRASHED = exit('exited', 'Exited with status 1')
const TIMED_OUT = exit('boot timeout', 'Did not listen in time')
const STOPPED = exit('stopped', 'Stopped')
const KILLED = exit('killed', 'Killed')
const LOST = exit('lost', 'Lost: its node knows nothing of it any more')

/** The node takes an order, once; what it does of it takes time. */
export function nodeStart(sim: Sim, row: Row): void {
  if (row.truth !== 'none') return
  row.truth = 'starting'
  // Most are fast, some slow, a few come up just before their time is over.
  const kind = sim.random()
  row.due = sim.time + (kind < 0.8 ? 20 + sim.random() * 2_000 : kind < 0.98 ? sim.random() * 20_000 : 59_000)
}

export function nodeRoute(row: Row): void {
  if (row.ending) return
  row.routed = row.type === 'web'
  if (row.truth === 'draining') row.truth = 'ready'
}

export function nodeDrain(row: Row): void {
  row.routed = false
  if (row.truth === 'ready') row.truth = 'draining'
}

/** False: the node does not know it. */
export function nodeStop(sim: Sim, row: Row, kill: boolean): boolean {
  if (row.truth === 'none' || row.truth === 'gone') return false
  if (row.truth === 'exited') return true
  const gentle = !kill && row.truth !== 'starting'
  if (row.ending && gentle) return true
  row.routed = false
  row.ending = true
  if (row.truth === 'ready') row.truth = 'draining'
  // Some do not stop by themselves, and are killed when we say so.
  const stubborn = gentle && sim.random() < 0.05
  row.due = stubborn ? Infinity : sim.time + 10 + sim.random() * 500
  row.ended = gentle ? STOPPED : KILLED
  return true
}

/** What happens at the nodes by itself up to now. */
export function passTime(sim: Sim): void {
  for (const row of sim.rows) {
    if (row.due > sim.time) continue
    row.due = Infinity
    if (row.ending) end(row, row.ended ?? STOPPED)
    else if (row.truth === 'starting' && row.boots) {
      row.truth = 'ready'
      row.routed = row.type === 'web' && !row.held
    } else if (row.truth === 'starting') end(row, sim.random() < 0.5 ? CRASHED : TIMED_OUT)
  }
}

function end(row: Row, how: Exit): void {
  row.truth = 'exited'
  row.routed = false
  row.ended = how
  row.due = Infinity
}

export function dieAtRandom(sim: Sim): void {
  const row = sim.rows[Math.floor(sim.random() * sim.rows.length)]
  if (row !== undefined && (row.truth === 'ready' || row.truth === 'starting' || row.truth === 'draining'))
    end(row, CRASHED)
}

/** Nothing that ran is there any more, and the node cannot tell how it ended. */
export function reboot(sim: Sim): void {
  for (const row of sim.rows) {
    if (row.truth === 'none') continue
    row.truth = 'gone'
    row.routed = false
    row.due = Infinity
  }
}

/** The server's rows take over what it is told of the node, which may be older than its last order. */
export function observe(sim: Sim): void {
  const { stale } = sim.faults
  for (const row of sim.rows) {
    const told = stale > 0 && sim.random() < stale ? row.seen : row.truth
    row.seen = row.truth
    take(sim, row, told)
  }
}

function take(sim: Sim, row: Row, told: NodeStatus): void {
  if (told === 'none' || row.status === 'exited' || row.status === told) return
  if (told === 'gone') {
    // A row that the node was not yet told of is not missed there.
    if (row.phase === 'intended') return
    row.status = 'exited'
    row.exit = LOST
  } else {
    row.status = told
    if (told === 'exited') row.exit = row.ended
  }
  row.status_since = sim.time + sim.skew
}

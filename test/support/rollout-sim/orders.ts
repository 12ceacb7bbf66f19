import { afterCrash } from '../../../server/domain/backoff.ts'
import { wasWanted } from '../../../server/domain/instance.ts'
import type { Plan, Step } from '../../../server/domain/rollout-model.ts'
import { nodeDrain, nodeRoute, nodeStart, nodeStop } from './node.ts'
import { makeRow, type Row, type Sim } from './world.ts'

/**
 * Carries steps out as server/deploy does: the row first, then the order, then its confirmation. An order or its
 * answer may get lost, and the server may be killed between any two of these.
 */
export function carryOut(sim: Sim, steps: Plan['steps']): void {
  const killed = () => sim.faults.killed > 0 && sim.random() < sim.faults.killed
  for (const step of steps) {
    if (killed()) return
    if (step.do === 'start') {
      sim.rows.push(makeRow(sim, step.type, step.release, step.generation, step.held))
      continue
    }
    const row = sim.rows.find(({ id }) => id === step.id)
    if (row === undefined) {
      sim.broken.push(`${step.do} of an instance that is not there`)
      continue
    }
    if (step.do === 'forget') {
      forget(sim, row)
      continue
    }
    journal(sim, row, step.do)
    if (killed()) return
    give(sim, row, step.do)
  }
}

type Order = Exclude<Step['do'], 'start' | 'forget'>

function journal(sim: Sim, row: Row, order: Order): void {
  if (order === 'launch' || order === 'route') return
  const phase = order === 'drain' ? 'draining' : 'stopping'
  if (row.phase !== phase) row.phase_since = sim.time + sim.skew
  row.phase = phase
  row.confirmed = false
}

function give(sim: Sim, row: Row, order: Order): void {
  const { lost } = sim.faults
  const fate = lost > 0 ? sim.random() : 1
  if (fate < lost / 2) return
  const unanswered = fate < lost
  switch (order) {
    case 'launch':
      nodeStart(sim, row)
      if (unanswered) return
      if (row.phase === 'intended') row.phase_since = sim.time + sim.skew
      row.phase = 'started'
      break
    case 'route':
      if (row.truth === 'gone' || row.truth === 'none') return endRow(sim, row)
      nodeRoute(row)
      if (unanswered) return
      row.held = false
      if (row.status === 'draining') {
        row.status = 'ready'
        row.status_since = sim.time + sim.skew
      }
      return
    case 'drain':
      nodeDrain(row)
      if (unanswered) return
      break
    case 'stop':
    case 'kill':
      if (!nodeStop(sim, row, order === 'kill') && !unanswered) return endRow(sim, row)
      if (unanswered) return
      break
    default:
      order satisfies never
  }
  row.confirmed = true
}

/** An instance that its node does not know has nothing that could still end. */
function endRow(sim: Sim, row: Row): void {
  if (row.status === 'exited') return
  row.status = 'exited'
  row.status_since = sim.time + sim.skew
  row.exit = { code: null, signal: null, oom: false, reason: 'stopped', message: 'Stopped', tail: [] }
  row.truth = 'gone'
}

function forget(sim: Sim, row: Row): void {
  sim.rows.splice(sim.rows.indexOf(row), 1)
  if (wasWanted(row) || row.release !== sim.current?.version) return
  const type = sim.formation.find((one) => one.type === row.type)
  if (type !== undefined) type.crashed = afterCrash(type.crashed, 0, sim.time + sim.skew)
}

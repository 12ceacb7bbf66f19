import { randomUUID } from 'node:crypto'
import type { ExecOrder } from '../driver/driver.ts'
import { AgentError } from './agent-error.ts'
import type { Instances } from './instance-orders.ts'

/** How long an order waits for the one who gave it. */
const WAIT_MS = 60_000
/** Who orders that much and never comes is refused until the oldest are forgotten. */
const MAX_WAITING = 1000

export interface Execs {
  /** Takes an order for a running instance; returns its id. Errors: unknown_instance. */
  order(instance: string, order: ExecOrder): string
  /** Gives an order out, once. Errors: unknown_instance when there is none of this id for this instance. */
  take(instance: string, exec: string): ExecOrder
}

/** Orders whose client has not come yet. They are in memory alone: after a restart of the agent they are given again. */
export function createExecs(instances: Pick<Instances, 'find'>, now: () => number = Date.now): Execs {
  const waiting = new Map<string, { instance: string; order: ExecOrder; until: number }>()
  return {
    order(instance, order) {
      const record = instances.find(instance)
      if (record === null || record.state.status.status === 'exited')
        throw new AgentError('unknown_instance', 'The instance does not run any more.')
      for (const [id, { until }] of waiting) if (until <= now()) waiting.delete(id)
      if (waiting.size >= MAX_WAITING)
        throw new AgentError('not_available', 'Too many commands wait for who ordered them. Try again.')
      const id = randomUUID()
      waiting.set(id, { instance, order, until: now() + WAIT_MS })
      return id
    },
    take(instance, exec) {
      const found = waiting.get(exec)
      if (found === undefined || found.instance !== instance || found.until <= now())
        throw new AgentError('unknown_instance', 'There is no such command to join. Give it again.')
      waiting.delete(exec)
      return found.order
    },
  }
}

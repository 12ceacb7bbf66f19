import type { z } from 'zod'
import type { AgentError as AgentErrorBody } from '../../server/contract/nodes.ts'

export type AgentErrorId = z.infer<typeof AgentErrorBody>['id']

const STATUS: Record<AgentErrorId, number> = {
  stale_epoch: 409,
  bad_request: 400,
  unknown_instance: 404,
  unknown_build: 404,
  denied: 403,
  not_available: 503,
  disk_full: 507,
  internal_error: 500,
}

/** What the server is told; every other error becomes `internal_error`. */
export class AgentError extends Error {
  readonly id: AgentErrorId
  constructor(id: AgentErrorId, message: string) {
    super(message)
    this.name = 'AgentError'
    this.id = id
  }
  get status(): number {
    return STATUS[this.id]
  }
}

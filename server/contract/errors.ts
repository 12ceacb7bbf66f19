import { z } from 'zod'

/**
 * Every error the platform answers has one of these ids; clients decide on the id, people read the message.
 * `user` errors are the caller's to mend, `ours` are the platform's.
 */
export const ERROR_CODES = {
  bad_request: { status: 400, fault: 'user' },
  invalid_params: { status: 422, fault: 'user' },
  unauthorized: { status: 401, fault: 'user' },
  forbidden: { status: 403, fault: 'user' },
  not_found: { status: 404, fault: 'user' },
  app_not_found: { status: 404, fault: 'user' },
  release_not_found: { status: 404, fault: 'user' },
  build_not_found: { status: 404, fault: 'user' },
  name_taken: { status: 422, fault: 'user' },
  name_invalid: { status: 422, fault: 'user' },
  conflict: { status: 409, fault: 'user' },
  deploy_running: { status: 409, fault: 'user' },
  no_release: { status: 409, fault: 'user' },
  release_collected: { status: 410, fault: 'user' },
  process_type_unknown: { status: 422, fault: 'user' },
  no_room: { status: 409, fault: 'user' },
  confirmation_missing: { status: 422, fault: 'user' },
  too_large: { status: 413, fault: 'user' },
  rate_limited: { status: 429, fault: 'user' },
  no_buildpack: { status: 422, fault: 'user' },
  build_failed: { status: 422, fault: 'user' },
  build_canceled: { status: 409, fault: 'user' },
  release_phase_failed: { status: 422, fault: 'user' },
  deploy_aborted: { status: 409, fault: 'user' },
  boot_timeout: { status: 422, fault: 'user' },
  boot_crash: { status: 422, fault: 'user' },
  disk_full: { status: 507, fault: 'ours' },
  node_unavailable: { status: 503, fault: 'ours' },
  database_unavailable: { status: 503, fault: 'ours' },
  not_available: { status: 501, fault: 'ours' },
  internal_error: { status: 500, fault: 'ours' },
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** The public shape of an error, Heroku's with the request id added. */
export const ErrorBody = z.object({
  id: z.string(),
  message: z.string(),
  url: z.string().optional(),
  request_id: z.string().optional(),
})
export type ErrorBody = z.infer<typeof ErrorBody>

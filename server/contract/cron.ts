import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Time } from './ids.ts'

export const CronRun = z.object({
  entry: z.string(),
  due_at: Time,
  /**
   * `skipped`: the run before still went on, or there was no room. `missed`: the platform was away at its time. Both
   * have a reason.
   */
  outcome: z.enum(['running', 'succeeded', 'failed', 'skipped', 'missed']),
  reason: z.string().nullable(),
  /** `cron.4`, under which its lines stand in the log; null: nothing was started. */
  process: z.string().nullable(),
  ended_at: Time.nullable(),
})
export type CronRun = z.infer<typeof CronRun>

export const CronEntry = z.object({
  name: z.string(),
  schedule: z.string(),
  command: z.string(),
  size: z.string(),
  overlap: z.enum(['skip', 'allow']),
  /** The file that it stands in. */
  from: z.string(),
  next_run: Time.nullable(),
  last_run: CronRun.nullable(),
})
export type CronEntry = z.infer<typeof CronEntry>

export const cronEndpoints = {
  list: endpoint('GET', '/apps/:app/cron', {
    access: 'app:view',
    summary: 'What the release that serves runs at its times (UTC).',
    reply: z.array(CronEntry),
  }),
  runs: endpoint('GET', '/apps/:app/cron/runs', {
    access: 'app:view',
    summary: 'What was due, the latest first: of one entry or of all.',
    query: z.object({
      entry: z.string().max(100).optional(),
      lines: z.coerce.number().int().min(1).max(500).default(30),
    }),
    reply: z.array(CronRun),
  }),
  run: endpoint('POST', '/apps/:app/cron/:entry/run', {
    access: 'app:deploy',
    summary: 'Run an entry now, besides its times.',
    body: z.object({}),
    reply: CronRun,
    status: 201,
  }),
} as const

import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Time } from './ids.ts'

export const LogLine = z.object({
  /** Position in the app's log, growing without gaps; the id of the server-sent event. */
  seq: z.number().int(),
  time: Time,
  /** `app` for what instances print, `skypanel` for what the platform says about them. */
  source: z.enum(['app', 'skypanel']),
  /** `web.1`, `run.42`, `router`, `api`. */
  process: z.string(),
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
})
export type LogLine = z.infer<typeof LogLine>

export const logEndpoints = {
  stream: endpoint('GET', '/apps/:app/logs', {
    access: 'app:view',
    summary: 'The last lines of the log; with `follow` also what comes, resumable by Last-Event-ID.',
    query: z.object({
      lines: z.coerce.number().int().min(0).max(10_000).default(100),
      follow: z.stringbool().default(false),
      process: z.string().max(70).optional(),
      source: z.enum(['app', 'skypanel']).optional(),
    }),
    reply: LogLine,
    stream: 'events',
  }),
  lines: endpoint('GET', '/apps/:app/logs/lines', {
    access: 'app:view',
    summary: 'A part of the log: the last lines, or those in front of the line `before`.',
    query: z.object({
      before: z.coerce.number().int().min(1).optional(),
      lines: z.coerce.number().int().min(1).max(10_000).default(1000),
      process: z.string().max(70).optional(),
      source: z.enum(['app', 'skypanel']).optional(),
    }),
    reply: z.array(LogLine),
  }),
} as const

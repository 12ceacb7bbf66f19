import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { InstanceId, ProcessType, Time } from './ids.ts'

export const Formation = z.object({
  type: ProcessType,
  command: z.string(),
  quantity: z.number().int(),
  size: z.string(),
})
export type Formation = z.infer<typeof Formation>

export const InstanceState = z.enum(['starting', 'ready', 'draining', 'exited', 'crashed'])

export const Instance = z.object({
  id: InstanceId,
  /** `web.1`: the process type and a number; while a new release replaces an old one, each has its own `web.1`. */
  name: z.string(),
  type: ProcessType,
  state: InstanceState,
  release: z.number().int(),
  /** Why it is where it is, in words: the exit code, the signal, out of memory, the next try. */
  reason: z.string().nullable(),
  restarts: z.number().int(),
  /** How it ended, with the last lines that it printed; null while it runs. */
  exit: z
    .object({
      code: z.number().int().nullable(),
      signal: z.string().nullable(),
      out_of_memory: z.boolean(),
      lines: z.array(z.string()),
    })
    .nullable()
    .default(null),
  started_at: Time.nullable(),
})
export type Instance = z.infer<typeof Instance>

export const MAX_QUANTITY = 100

export const formationEndpoints = {
  list: endpoint('GET', '/apps/:app/formation', {
    access: 'app:view',
    summary: 'Process types with their quantities.',
    reply: z.array(Formation),
  }),
  scale: endpoint('PATCH', '/apps/:app/formation', {
    access: 'app:deploy',
    summary: 'Change quantities (and sizes); answers when the wish is stored, instances follow.',
    body: z.object({
      updates: z
        .array(
          z.object({
            type: ProcessType,
            quantity: z.number().int().min(0).max(MAX_QUANTITY),
            size: z.string().max(30).optional(),
          }),
        )
        .min(1)
        .max(50),
    }),
    reply: z.array(Formation),
  }),
  instances: endpoint('GET', '/apps/:app/instances', {
    access: 'app:view',
    summary: 'The instances and what they are doing.',
    reply: z.array(Instance),
  }),
  restart: endpoint('POST', '/apps/:app/restart', {
    access: 'app:deploy',
    summary: 'Replace every instance (of one process type, or one instance) by a new one, without a gap.',
    body: z.object({ type: ProcessType.optional(), instance: z.string().max(100).optional() }),
    reply: z.object({ deployment: z.string() }),
    status: 202,
  }),
} as const

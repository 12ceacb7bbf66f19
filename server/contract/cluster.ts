import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Time } from './ids.ts'

const Memory = z.number().int()

/** A machine that runs instances. MB are of 1024 × 1024 bytes; 1000 of `cpu_milli` are one core. */
export const Node = z.object({
  name: z.string(),
  /** Whether its agent answers now. */
  reachable: z.boolean(),
  /** Since when nothing new is placed on it; null: it takes what comes. */
  cordoned_at: Time.nullable(),
  /** null until it was reached for the first time. */
  total: z.object({ memory_mb: Memory, cpu_milli: z.number().int(), disk_mb: Memory }).nullable(),
  /** What is in use now, by the platform and others as well; null while it cannot be asked. */
  used: z.object({ memory_mb: Memory, load: z.number(), disk_mb: Memory }).nullable(),
  /** Sizes of everything that is wished to run, summed. */
  allocated: z.object({ memory_mb: Memory, cpu_milli: z.number().int(), instances: z.number().int() }),
  /** How many times its memory may be promised. */
  memory_overcommit: z.number(),
})
export type Node = z.infer<typeof Node>

export const clusterEndpoints = {
  nodes: endpoint('GET', '/nodes', {
    access: 'platform:admin',
    summary: 'The machines that run instances: what they have, what is promised, what is used.',
    reply: z.array(Node),
  }),
  update: endpoint('PATCH', '/nodes/:node', {
    access: 'platform:admin',
    summary: 'Cordon a node, so that nothing new is placed on it, or take that back. What runs goes on.',
    body: z.object({ cordoned: z.boolean() }),
    reply: Node,
  }),
} as const

import { z } from 'zod'

/** One question to an instance, and what a good answer is. */
export const Probe = z.object({
  /** Without a path the port has to accept a connection, and that is all; with one it is asked by GET. */
  path: z.string().startsWith('/').nullable(),
  /** The Host header; null: the instance's address. */
  host: z.string().nullable(),
  /** Ranges of statuses that are good, both ends included. */
  status: z.array(z.tuple([z.number().int(), z.number().int()])).min(1),
  /** What the body has to contain within its first 64 KB; null: anything. */
  body: z.string().nullable(),
  /** Seconds for an answer. */
  timeout: z.number().positive(),
})
export type Probe = z.infer<typeof Probe>

/** A question that is asked again and again while the instance runs. */
export const PeriodicProbe = Probe.extend({
  /** Seconds from an answer to the next question. */
  interval: z.number().positive(),
  /** So many bad answers in a row, and it counts as failed; so many good ones, and it is well again. */
  failures: z.number().int().min(1),
  successes: z.number().int().min(1),
})
export type PeriodicProbe = z.infer<typeof PeriodicProbe>

export const HealthCheck = z.object({
  /** Without a path: the port accepts a connection. With one: GET answers below 400. */
  path: z.string().startsWith('/').nullable(),
  port: z.number().int().min(1).max(65_535),
  /** Seconds until an instance that is not ready counts as failed. */
  bootTimeout: z.number().positive(),
  /** In the place of `path`, where more than a path is asked for. */
  startup: Probe.optional(),
  /** An instance that fails it leaves routing, and comes back when it answers again. */
  readiness: PeriodicProbe.optional(),
  /** An instance that fails it is ended, and replaced as one that crashed. */
  liveness: PeriodicProbe.optional(),
})
export type HealthCheck = z.infer<typeof HealthCheck>

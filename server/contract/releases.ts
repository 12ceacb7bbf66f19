import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { BuildId, DeploymentId, ReleaseId, Time } from './ids.ts'

export const Release = z.object({
  id: ReleaseId,
  version: z.number().int(),
  /** pending until its instances are ready; live or superseded afterwards; failed never served. */
  state: z.enum(['pending', 'live', 'superseded', 'failed']),
  description: z.string(),
  commit: z.string().nullable(),
  author: z.string(),
  process_types: z.record(z.string(), z.string()),
  /** False once its build was collected: it can be shown but not rolled back to. */
  kept: z.boolean(),
  reason: z.string().nullable(),
  created_at: Time,
})
export type Release = z.infer<typeof Release>

export const Build = z.object({
  id: BuildId,
  state: z.enum(['pending', 'running', 'succeeded', 'failed', 'canceled']),
  commit: z.string(),
  author: z.string(),
  reason: z.string().nullable(),
  stack: z.string(),
  /** Detected languages and resolved tools, e.g. `node 22.21.0 (package.json#engines.node)`. */
  summary: z.array(z.string()),
  release: z.number().int().nullable(),
  created_at: Time,
  finished_at: Time.nullable(),
})
export type Build = z.infer<typeof Build>

export const DeploymentState = z.enum(['queued', 'running', 'succeeded', 'failed', 'canceled'])

/** One piece of work on an app: a push, a rollback, a config change, a restart, a scale, a destruction. */
export const Deployment = z.object({
  id: DeploymentId,
  kind: z.enum(['push', 'rollback', 'config', 'restart', 'scale', 'destroy']),
  state: DeploymentState,
  step: z.string().nullable(),
  release: z.number().int().nullable(),
  reason: z.string().nullable(),
  created_at: Time,
  finished_at: Time.nullable(),
})
export type Deployment = z.infer<typeof Deployment>

export const releaseEndpoints = {
  list: endpoint('GET', '/apps/:app/releases', {
    access: 'app:view',
    summary: 'Releases, the newest first.',
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
    reply: z.array(Release),
  }),
  info: endpoint('GET', '/apps/:app/releases/:version', {
    access: 'app:view',
    summary: 'One release by its number.',
    reply: Release,
  }),
  rollback: endpoint('POST', '/apps/:app/rollback', {
    access: 'app:deploy',
    summary:
      'Make a new release from an older one: its code, config and process types; quantities stay unless `formation`.',
    body: z.object({
      version: z.number().int().positive().optional(),
      formation: z.boolean().default(false),
    }),
    reply: z.object({ release: Release, deployment: DeploymentId }),
    status: 201,
  }),
  builds: endpoint('GET', '/apps/:app/builds', {
    access: 'app:view',
    summary: 'Builds, the newest first.',
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
    reply: z.array(Build),
  }),
  build: endpoint('GET', '/apps/:app/builds/:build', {
    access: 'app:view',
    summary: 'One build.',
    reply: Build,
  }),
  buildLog: endpoint('GET', '/apps/:app/builds/:build/log', {
    access: 'app:view',
    summary: 'What a build and its rollout printed; goes on until it ends.',
    query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
    reply: z.object({ seq: z.number().int(), text: z.string() }),
    stream: 'events',
  }),
  cancelBuild: endpoint('DELETE', '/apps/:app/builds/:build', {
    access: 'app:deploy',
    summary: 'Cancel a running build; nothing of it stays.',
    reply: Build,
  }),
  deployment: endpoint('GET', '/apps/:app/deployments/:deployment', {
    access: 'app:view',
    summary: 'The state of one piece of work.',
    reply: Deployment,
  }),
} as const

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
  /** First line of the commit's message; whatever its author wrote. */
  subject: z.string(),
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

export const BuildLogLine = z.object({
  seq: z.number().int(),
  text: z.string(),
  /** When it was printed; null for lines that were there before times were kept. */
  time: Time.nullable().default(null),
})
export type BuildLogLine = z.infer<typeof BuildLogLine>

export const DeploymentKind = z.enum(['push', 'rollback', 'config', 'restart', 'scale', 'destroy'])
export type DeploymentKind = z.infer<typeof DeploymentKind>
export const DeploymentState = z.enum(['queued', 'running', 'succeeded', 'failed', 'canceled'])

/** One piece of work on an app: a push, a rollback, a config change, a restart, a scale, a destruction. */
export const Deployment = z.object({
  id: DeploymentId,
  kind: DeploymentKind,
  state: DeploymentState,
  step: z.string().nullable(),
  release: z.number().int().nullable(),
  reason: z.string().nullable(),
  created_at: Time,
  finished_at: Time.nullable(),
})
export type Deployment = z.infer<typeof Deployment>

const Changed = z.object({ from: z.string(), to: z.string() })

/** What a rollback to a release would change of what serves now. Names of config vars only, never a value. */
export const RollbackPreview = z.object({
  from: z.number().int(),
  to: z.number().int(),
  /** Why it cannot be done (never live, its build no longer kept, serving already); null: it can. */
  refusal: z.string().nullable(),
  commit: z.object({ from: z.string(), to: z.string() }),
  config_vars: z.object({
    added: z.array(z.string()),
    removed: z.array(z.string()),
    changed: z.array(z.string()),
  }),
  /** Commands by process type. */
  process_types: z.object({
    added: z.record(z.string(), z.string()),
    removed: z.record(z.string(), z.string()),
    changed: z.record(z.string(), Changed),
  }),
  /** Quantities that would differ, which stay as they are unless the rollback is asked for with `formation`. */
  formation: z.array(z.object({ type: z.string(), from: z.number().int(), to: z.number().int() })),
})
export type RollbackPreview = z.infer<typeof RollbackPreview>

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
  previewRollback: endpoint('GET', '/apps/:app/releases/:version/rollback', {
    access: 'app:deploy',
    summary: 'What a rollback to this release would change; changes nothing.',
    reply: RollbackPreview,
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
    reply: BuildLogLine,
    stream: 'events',
  }),
  buildLines: endpoint('GET', '/apps/:app/builds/:build/lines', {
    access: 'app:view',
    summary: 'A part of what a build printed: the last lines, or those in front of the line `before`.',
    query: z.object({
      before: z.coerce.number().int().min(1).optional(),
      lines: z.coerce.number().int().min(1).max(10_000).default(1000),
    }),
    reply: z.array(BuildLogLine),
  }),
  cancelBuild: endpoint('DELETE', '/apps/:app/builds/:build', {
    access: 'app:deploy',
    summary: 'Cancel a running build; nothing of it stays.',
    reply: Build,
  }),
  deployments: endpoint('GET', '/apps/:app/deployments', {
    access: 'app:view',
    summary: 'Work on the app, the newest first.',
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
    reply: z.array(Deployment),
  }),
  deployment: endpoint('GET', '/apps/:app/deployments/:deployment', {
    access: 'app:view',
    summary: 'The state of one piece of work.',
    reply: Deployment,
  }),
} as const

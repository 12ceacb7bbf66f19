import { z } from 'zod'
import { Bom } from './bom.ts'
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

/**
 * Where a build's code came from. What was not pushed has a commit of its own, which no branch names: the next push
 * begins where the last one ended.
 */
export const BuildSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('push') }),
  z.object({ kind: z.literal('upload'), label: z.string().nullable() }),
  z.object({ kind: z.literal('git'), url: z.string(), ref: z.string() }),
  /** The same commit as that build, once more; `upgrade`: with the newest tools instead of the locked ones. */
  z.object({ kind: z.literal('rebuild'), of: BuildId, upgrade: z.boolean() }),
])
export type BuildSource = z.infer<typeof BuildSource>

export const Build = z.object({
  id: BuildId,
  state: z.enum(['pending', 'running', 'succeeded', 'failed', 'canceled']),
  /** null until a source that has to be fetched was. */
  commit: z.string().nullable(),
  source: BuildSource.default({ kind: 'push' }),
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

/** One piece of work on an app: a push (new code, however it came), a rollback, a config change, a restart, a scale, a destruction. */
export const Deployment = z.object({
  id: DeploymentId,
  kind: DeploymentKind,
  state: DeploymentState,
  step: z.string().nullable(),
  release: z.number().int().nullable(),
  reason: z.string().nullable(),
  /** Somebody has to say how it goes on: its canaries are ready, or it was paused. */
  waits_for: z.enum(['promotion', 'resume']).nullable().default(null),
  created_at: Time,
  finished_at: Time.nullable(),
})
export type Deployment = z.infer<typeof Deployment>

export const Upload = z.object({
  id: z.uuid(),
  commit: z.string(),
  files: z.number().int(),
  /** Unpacked. */
  bytes: z.number().int(),
})
export type Upload = z.infer<typeof Upload>

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

/** A deploy without a push. */
export const NewBuild = z.object({
  source: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('upload'),
      /** As the upload was answered. */
      upload: z.uuid(),
      /** What the release is to be called, e.g. the version or the commit that was packed. */
      label: z.string().trim().min(1).max(100).optional(),
    }),
    z.object({
      kind: z.literal('git'),
      /** `https://host/path`; a user name and a token in it are kept sealed, and only until it was fetched. */
      url: z.string().min(1).max(2000),
      /** Branch, tag or whole commit id. */
      ref: z.string().min(1).max(200).default('HEAD'),
    }),
    /** Without an id: what serves now. */
    z.object({
      kind: z.literal('build'),
      build: BuildId.optional(),
      /** With the newest tools that the app asks for instead of those of the last build. */
      upgrade: z.boolean().default(false),
    }),
  ]),
})
export type NewBuild = z.output<typeof NewBuild>

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
  sbom: endpoint('GET', '/apps/:app/releases/:version/sbom', {
    access: 'app:view',
    summary:
      'What a release holds, as a CycloneDX 1.6 document, with the vulnerabilities known when it was built.',
    reply: Bom,
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
  createBuild: endpoint('POST', '/apps/:app/builds', {
    access: 'app:deploy',
    summary:
      'Build and deploy without a push: an upload, a git repository elsewhere, or an earlier build again.',
    body: NewBuild,
    reply: z.object({ build: Build, deployment: DeploymentId }),
    status: 201,
  }),
  upload: endpoint('POST', '/apps/:app/sources', {
    access: 'app:deploy',
    summary: 'Upload a tar archive (plain or gzip) of the code; it is kept for a day, to be built from.',
    upload: true,
    reply: Upload,
    status: 201,
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

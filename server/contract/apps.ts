import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { AppId, AppName, Time } from './ids.ts'
import { DriverName } from './drivers.ts'
import { DeploymentKind } from './releases.ts'

export const VulnerabilityPolicy = z.enum(['off', 'warn', 'block'])
export type VulnerabilityPolicy = z.infer<typeof VulnerabilityPolicy>

export const App = z.object({
  id: AppId,
  name: AppName,
  team: z.string(),
  stack: z.string(),
  git_url: z.string(),
  web_url: z.string(),
  deploy_branch: z.string(),
  maintenance: z.boolean(),
  health_check_path: z.string().nullable(),
  /** What a known vulnerability in a build does: nothing, a warning, or (high and critical) the end of the deploy. */
  vulnerability_policy: VulnerabilityPolicy.default('warn'),
  /** What its instances run in, whatever skypanel.toml says; null: what that says, else the node's own choice. */
  driver: DriverName.nullable().default(null),
  state: z.enum(['active', 'destroying']),
  created_at: Time,
  updated_at: Time,
  /** The release that serves now, or null before the first one. */
  release: z
    .object({
      version: z.number().int(),
      commit: z.string().nullable(),
      description: z.string(),
      created_at: Time,
    })
    .nullable(),
  /** Of its services: how many are wanted, how many are ready, how many process types wait after a crash. */
  instances: z.object({ wanted: z.number().int(), ready: z.number().int(), crashed: z.number().int() }),
  /** The kind of work that is under way, the oldest if there is more; null: none. */
  work: DeploymentKind.nullable(),
})
export type App = z.infer<typeof App>

export const appEndpoints = {
  list: endpoint('GET', '/apps', {
    access: 'account',
    summary: 'The apps of the own teams.',
    reply: z.array(App),
  }),
  create: endpoint('POST', '/apps', {
    access: 'account',
    summary: 'Make an app; without a name one is made up.',
    body: z.object({ name: AppName.optional(), team: z.string().max(100).optional() }),
    reply: App,
    status: 201,
  }),
  info: endpoint('GET', '/apps/:app', { access: 'app:view', summary: 'One app, by name or id.', reply: App }),
  update: endpoint('PATCH', '/apps/:app', {
    access: 'app:manage',
    summary: 'Change maintenance mode, deploy branch, health check path, vulnerability policy or driver.',
    body: z.object({
      maintenance: z.boolean().optional(),
      deploy_branch: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/)
        .optional(),
      health_check_path: z.string().startsWith('/').max(500).nullable().optional(),
      vulnerability_policy: VulnerabilityPolicy.optional(),
      /** For instances that are started from now on. invalid_params: the node does not have it. */
      driver: DriverName.nullable().optional(),
    }),
    reply: App,
  }),
  destroy: endpoint('DELETE', '/apps/:app', {
    access: 'app:manage',
    summary: 'Destroy an app with everything that belongs to it; `confirm` must repeat its name.',
    query: z.object({ confirm: z.string() }),
    reply: App,
  }),
} as const

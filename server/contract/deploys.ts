import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Time } from './ids.ts'
import { Deployment } from './releases.ts'

const DAY = 86_400

export const StrategyName = z.enum(['rolling', 'recreate', 'blue-green', 'canary'])
export type StrategyName = z.infer<typeof StrategyName>

const fields = {
  /**
   * rolling: an old instance leaves for each new one that is ready. recreate: all old ones are gone before a new one
   * starts. blue-green: all new ones are up before the first is routed. canary: a share of the instances first.
   */
  strategy: StrategyName,
  /** rolling, canary: instances above the quantity; null: one, or a quarter of a large formation. */
  max_surge: z.number().int().min(0).max(100).nullable(),
  /** rolling, canary: ready instances below the quantity. */
  max_unavailable: z.number().int().min(0).max(100),
  /** blue-green: how long the old instances stay up after the switch, for a rollback without a start. */
  keep_seconds: z.number().int().min(0).max(DAY),
  /** canary: percent of the instances. */
  canary_share: z.number().int().min(1).max(99),
  /** canary: after how long without a crash the rest follows; null: by `promote` alone. */
  canary_seconds: z
    .number()
    .int()
    .min(1)
    .max(7 * DAY)
    .nullable(),
  /** Three crashes of a process type within so long after a release went live bring the one before back; 0: never. */
  watch_seconds: z.number().int().min(0).max(DAY),
}

/** How deploys of an app replace what runs. What a field says of other strategies is kept for when they are chosen. */
export const DeployStrategy = z.object(fields)
export type DeployStrategy = z.infer<typeof DeployStrategy>

export const DEFAULT_STRATEGY: DeployStrategy = {
  strategy: 'rolling',
  max_surge: null,
  max_unavailable: 0,
  keep_seconds: 600,
  canary_share: 25,
  canary_seconds: 600,
  watch_seconds: 0,
}

/** Something that was decided or done for a release, in words. */
export const ReleaseEvent = z.object({
  at: Time,
  /** e.g. `start`, `drain`, `complete`, `paused`. */
  step: z.string(),
  text: z.string(),
})
export type ReleaseEvent = z.infer<typeof ReleaseEvent>

export const deployEndpoints = {
  strategy: endpoint('GET', '/apps/:app/deploy-strategy', {
    access: 'app:view',
    summary: 'How deploys of the app replace what runs.',
    reply: DeployStrategy,
  }),
  setStrategy: endpoint('PATCH', '/apps/:app/deploy-strategy', {
    access: 'app:manage',
    summary: 'Change how deploys replace what runs; holds at once, also for one that goes on.',
    body: z.object(fields).partial(),
    reply: DeployStrategy,
  }),
  pause: endpoint('POST', '/apps/:app/deployments/:deployment/pause', {
    access: 'app:deploy',
    summary: 'Let a deployment stay as it is; `current` names the one that goes on.',
    reply: Deployment,
  }),
  resume: endpoint('POST', '/apps/:app/deployments/:deployment/resume', {
    access: 'app:deploy',
    summary: 'Let a paused deployment go on.',
    reply: Deployment,
  }),
  promote: endpoint('POST', '/apps/:app/deployments/:deployment/promote', {
    access: 'app:deploy',
    summary: 'The canaries have shown enough: the rest follows.',
    reply: Deployment,
  }),
  abort: endpoint('POST', '/apps/:app/deployments/:deployment/abort', {
    access: 'app:deploy',
    summary: 'Give a deployment up; what served before goes on serving.',
    reply: Deployment,
  }),
  events: endpoint('GET', '/apps/:app/releases/:version/events', {
    access: 'app:view',
    summary: 'What was decided and done for a release, and why; the oldest first.',
    reply: z.array(ReleaseEvent),
  }),
} as const

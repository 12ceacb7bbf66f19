import { z } from 'zod'
import { DriverName } from './drivers.ts'
import { HealthCheck } from './health-checks.ts'
import { AppId, BuildId, InstanceId, ProcessType } from './ids.ts'
import { AppNetwork, EgressHost } from './network.ts'
import { NodeVolume, SnapshotName, VolumeId, VolumeMount } from './volumes.ts'

/**
 * What the server may ask of a node's agent: `POST /v1/<verb>` with JSON over the agent's unix socket. Every order
 * carries the epoch of the server that gives it; the agent keeps the highest it saw and refuses lower ones, so a
 * server that was stopped and resumes does nothing. Orders are idempotent by the id they name.
 */
export const PROTOCOL = 1

export const Epoch = z.number().int().positive()

export const Limits = z.object({
  memoryMb: z.number().int().min(16),
  /** 1000 = one core. */
  cpuMilli: z.number().int().min(10),
  pids: z.number().int().min(8),
  /** Room for what the instance writes below /app; the content ends with the instance. */
  diskMb: z.number().int().min(1),
  /** Share of the disk beside others that ask for it, 1 to 1000; absent: 100. Only where the kernel can. */
  ioWeight: z.number().int().min(1).max(1000).optional(),
})
export type Limits = z.infer<typeof Limits>

/** What a build left behind: everything that an instance of it needs, all of it store paths. */
export const Artifact = z.object({
  /** The run stack: the root file system. */
  stack: z.string(),
  /** Layers of /app, the uppermost first; each holds an `app` folder. */
  layers: z.array(z.string()),
  /** Toolchains that are bound at their own paths, e.g. Node. */
  tools: z.array(z.string()),
  /** Layers over the stack (packages of the system), the uppermost first; absent in what older builds left. */
  system: z.array(z.string()).optional(),
  /** Every other store path that has to be visible. */
  closure: z.array(z.string()),
  /**
   * Only of a Dockerfile: `stack` holds `root`, a root file system, `owners`, whose its folders are, and `whiteouts`, what
   * of the base is not there.
   */
  image: z
    .object({
      uid: z.number().int().min(1).max(65_535),
      /** Where commands begin. */
      workdir: z.string().startsWith('/'),
      /** Store path of a root file system that `root` lies over; null: there is none. */
      base: z.string().nullable(),
    })
    .optional(),
  /** Environment defaults of the language, e.g. PATH and NODE_ENV; config vars win. */
  env: z.record(z.string(), z.string()),
  processTypes: z.record(z.string(), z.string()),
  /** Bytes of what only this build added. */
  size: z.number().int(),
})
export type Artifact = z.infer<typeof Artifact>

export const InstanceKind = z.enum(['service', 'release', 'run'])

export const InstanceSpec = z.object({
  id: InstanceId,
  app: AppId,
  appName: z.string(),
  /** `web.1`. */
  name: z.string(),
  type: ProcessType,
  kind: InstanceKind,
  release: z.number().int(),
  build: BuildId,
  artifact: Artifact,
  /** Run by bash inside the instance, as Procfile commands are. */
  command: z.string(),
  /** Config vars with the platform's own (PORT, DYNO …) added. Written to a 0400 file, never to an argv. */
  env: z.record(z.string(), z.string()),
  limits: Limits,
  /** null: ready as soon as it runs (workers, one-offs). */
  health: HealthCheck.nullable(),
  /** Seconds between SIGTERM and SIGKILL. */
  grace: z.number().min(0),
  /** Only `web` is routed. */
  routed: z.boolean(),
  /** Once ready it stays out of routing until it is told to come in (`route`). */
  held: z.boolean().optional(),
  pty: z.object({ rows: z.number().int(), columns: z.number().int() }).nullable(),
  /** stdin comes over an attach connection; without it stdin is /dev/null. */
  attach: z.boolean(),
  /** Disks that outlive it; only one instance at a time has a volume. */
  volumes: z.array(VolumeMount).optional(),
  /** What its app may reach; absent: the public network. A node that knows a higher revision goes by that. */
  network: AppNetwork.optional(),
  /** What it shall run in; absent: the node's own choice. */
  driver: DriverName.optional(),
})
export type InstanceSpec = z.infer<typeof InstanceSpec>

/** How an instance ended. `oom` is told by the kernel's counter, not by the exit code. */
export const Exit = z.object({
  code: z.number().int().nullable(),
  signal: z.string().nullable(),
  oom: z.boolean(),
  reason: z.enum(['exited', 'stopped', 'killed', 'boot timeout', 'unhealthy', 'start failed', 'lost']),
  /** A sentence for people, e.g. `Exited with status 3`, `Killed: used more than 512 MB of memory`. */
  message: z.string(),
  /** The last lines that it printed, for the one who pushed. */
  tail: z.array(z.string()),
})
export type Exit = z.infer<typeof Exit>

export const InstanceStatus = z.discriminatedUnion('status', [
  z.object({ status: z.literal('starting'), since: z.number() }),
  /** `unready`: why it is out of routing, while its readiness check fails. */
  z.object({ status: z.literal('ready'), since: z.number(), unready: z.string().optional() }),
  /** `unready`: why its node ends it without having been told to. */
  z.object({ status: z.literal('draining'), since: z.number(), unready: z.string().optional() }),
  z.object({ status: z.literal('exited'), since: z.number(), exit: Exit }),
])
export type InstanceStatus = z.infer<typeof InstanceStatus>

/** One instance as its node sees it. Times are ms since the epoch by the node's clock. */
export const ObservedInstance = z.object({
  id: InstanceId,
  app: AppId,
  name: z.string(),
  type: ProcessType,
  kind: InstanceKind,
  release: z.number().int(),
  address: z.string().nullable(),
  state: InstanceStatus,
})
export type ObservedInstance = z.infer<typeof ObservedInstance>

export const BuildEvent = z.discriminatedUnion('type', [
  /** A line for the pusher, already in its final shape (`-----> …` or indented). */
  z.object({ seq: z.number().int(), type: z.literal('line'), text: z.string() }),
  z.object({
    seq: z.number().int(),
    type: z.literal('stage'),
    name: z.string(),
    state: z.enum(['started', 'cached', 'done', 'failed']),
    ms: z.number().optional(),
  }),
  z.object({ seq: z.number().int(), type: z.literal('succeeded'), artifact: Artifact, ms: z.number() }),
  z.object({
    seq: z.number().int(),
    type: z.literal('failed'),
    code: z.enum(['no_buildpack', 'build_failed', 'build_canceled', 'disk_full', 'internal_error']),
    message: z.string(),
    /** What to do about it, in a sentence. */
    hint: z.string().nullable(),
  }),
])
export type BuildEvent = z.infer<typeof BuildEvent>

/** What a machine has and what of it is free for everybody; `load` over the last minute. */
export const NodeResources = z.object({
  memoryMb: z.number().int(),
  memoryFreeMb: z.number().int(),
  cpuMilli: z.number().int(),
  load: z.number(),
  diskMb: z.number().int(),
  diskFreeMb: z.number().int(),
})
export type NodeResources = z.infer<typeof NodeResources>

const order = <Shape extends z.ZodRawShape>(shape: Shape) => z.object({ epoch: Epoch, ...shape })

/** The agent's verbs. `events` verbs answer one JSON document a line until they are done. */
export const agentVerbs = {
  /** Takes part in no fencing: tells what the node is. */
  hello: {
    request: z.object({}),
    reply: z.object({
      protocol: z.number(),
      installation: z.string(),
      version: z.string(),
      epoch: z.number(),
      drivers: z.array(z.object({ name: DriverName, ok: z.boolean(), detail: z.string() })),
      stack: z.string().nullable(),
      /** Absent: an agent that does not tell yet. */
      resources: NodeResources.optional(),
    }),
  },
  /** Raises the epoch; all orders of older servers are refused from now on. */
  lead: { request: order({}), reply: z.object({ epoch: z.number() }) },
  /**
   * Builds the commit that the server exported to `<home>/builds/<build>/source/app`. Asked again with the same id it
   * tells the same build's events from `after` on, running or finished.
   */
  build: {
    request: order({
      build: BuildId,
      app: AppId,
      /** Of which branch; caches of what frameworks build are kept for each. */
      branch: z.string().max(250).optional(),
      plan: z.unknown(),
      env: z.record(z.string(), z.string()),
      limits: Limits.extend({ seconds: z.number().positive() }),
      after: z.number().int().min(0),
    }),
    reply: BuildEvent,
    events: true,
  },
  /** Ends a build within 2 s, leaving no process. */
  cancelBuild: { request: order({ build: BuildId }), reply: z.object({ canceled: z.boolean() }) },
  /** Forgets a build's log and source folder; its artifact stays as long as its root. */
  forgetBuild: { request: order({ build: BuildId }), reply: z.object({}) },
  start: { request: order({ instance: InstanceSpec }), reply: ObservedInstance },
  /** Takes a ready instance out of routing; its open requests go on. */
  drain: { request: order({ instance: InstanceId }), reply: z.object({}) },
  /** Takes an instance that is held, or was drained, into routing. Answered when the router knows. */
  route: { request: order({ instance: InstanceId }), reply: z.object({}) },
  /** SIGTERM, the instance's grace, SIGKILL. One that is not ready yet is killed at once. */
  stop: { request: order({ instance: InstanceId }), reply: z.object({}) },
  kill: { request: order({ instance: InstanceId }), reply: z.object({}) },
  /**
   * Takes a command for a running instance; it begins when `GET /v1/exec/<instance>/<exec>` is upgraded, once, within a
   * minute. null: a shell.
   */
  exec: {
    request: order({
      instance: InstanceId,
      command: z.string().min(1).max(16_384).nullable(),
      env: z.record(z.string(), z.string()),
      pty: z.object({ rows: z.number().int(), columns: z.number().int() }).nullable(),
    }),
    reply: z.object({ exec: z.uuid() }),
  },
  /** Removes what is left of an ended instance (also of an unknown one). */
  forget: { request: order({ instance: InstanceId }), reply: z.object({}) },
  /** All instances; with `after` it waits up to 25 s for a version other than that. */
  observe: {
    request: z.object({ after: z.number().int().optional() }),
    reply: z.object({ version: z.number().int(), instances: z.array(ObservedInstance) }),
  },
  stats: {
    request: z.object({}),
    reply: z.array(
      z.object({
        id: InstanceId,
        memoryMb: z.number(),
        cpuSeconds: z.number(),
        pids: z.number(),
        oomKills: z.number(),
      }),
    ),
  },
  /** Keeps exactly these builds' artifacts, unroots all others, then collects garbage down to the disk budget. */
  collect: {
    request: order({ keep: z.array(BuildId), budgetMb: z.number().int().nullable() }),
    reply: z.object({ unrooted: z.number().int(), freedMb: z.number() }),
  },
  /** Everything on disk of an app whose instances are gone: caches, uid range, log sources. */
  destroyApp: { request: order({ app: AppId }), reply: z.object({}) },
  /** What an app's builds find again; walks through the files. */
  buildCaches: {
    request: z.object({ app: AppId }),
    reply: z.object({
      caches: z.array(
        z.object({
          name: z.string(),
          branch: z.string().nullable(),
          mb: z.number().int(),
          usedAt: z.number(),
        }),
      ),
    }),
  },
  /** Drops an app's caches; its next build makes each of its steps anew. */
  purgeCaches: { request: order({ app: AppId }), reply: z.object({ freedMb: z.number().int() }) },
  /** What every app may reach, complete: one that is not in it may reach the public network and no other app. */
  network: { request: order({ apps: z.array(AppNetwork) }), reply: z.object({}) },
  /** The hosts that an app's policy names, with the addresses that are open at this moment. */
  egressHosts: { request: z.object({ app: AppId }), reply: z.object({ hosts: z.array(EgressHost) }) },
  /** Makes a volume, or grows the one that is there, also under a running instance. Errors: disk_full, denied (smaller). */
  makeVolume: {
    request: order({ app: AppId, volume: VolumeId, sizeMb: z.number().int().min(1) }),
    reply: z.object({ sizeMb: z.number().int(), live: z.boolean() }),
  },
  /** The volumes of an app that are on this node. */
  volumes: { request: z.object({ app: AppId }), reply: z.object({ volumes: z.array(NodeVolume) }) },
  /** Removes a volume with its snapshots. Errors: denied while an instance has it. */
  removeVolume: { request: order({ app: AppId, volume: VolumeId }), reply: z.object({}) },
  /** Copies a volume as it is at one moment. Errors: disk_full, denied (it takes too long while the app runs). */
  snapshotVolume: {
    request: order({ app: AppId, volume: VolumeId, snapshot: SnapshotName }),
    reply: z.object({ mb: z.number().int() }),
  },
  /** Puts a snapshot in the volume's place. Errors: denied while an instance has it, disk_full. */
  restoreVolume: {
    request: order({ app: AppId, volume: VolumeId, snapshot: SnapshotName }),
    reply: z.object({}),
  },
  removeSnapshot: {
    request: order({ app: AppId, volume: VolumeId, snapshot: SnapshotName }),
    reply: z.object({}),
  },
  /** For doctor: what is there and should not be. */
  audit: { request: z.object({}), reply: z.object({ findings: z.array(z.string()) }) },
} as const

export type AgentVerb = keyof typeof agentVerbs

/**
 * `GET /v1/attach/<instance>` and `GET /v1/exec/<instance>/<exec>` upgrade to the frames of `runs.ts`.
 * Errors of the agent are `{id, message}` with a status ≥ 400; `stale_epoch` is 409.
 */
export const AgentError = z.object({
  id: z.enum([
    'stale_epoch',
    'bad_request',
    'unknown_instance',
    'unknown_build',
    'denied',
    'not_available',
    'disk_full',
    'internal_error',
  ]),
  message: z.string(),
})

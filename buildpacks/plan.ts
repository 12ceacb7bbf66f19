import { z } from 'zod'

/**
 * The build plan: what detection decided, why, and the steps that follow from it. Versioned and deterministic: the
 * same tree with the same settings gives the same bytes. No value of a config var ever stands in it, names only.
 */
export const PLAN_VERSION = 1

export const Note = z.object({
  level: z.enum(['info', 'warn']),
  code: z.string(),
  message: z.string(),
  docs: z.string().optional(),
})
export type Note = z.infer<typeof Note>

export const Tool = z.object({
  name: z.string(),
  /** The range as declared, `*` by default. */
  want: z.string(),
  /** Where it was declared, e.g. `package.json#engines.node`, or `default`. */
  from: z.string(),
  /** Exact, resolved against an inventory; null in a plan that was not resolved. */
  version: z.string().nullable(),
  /**
   * `maven`: a step fetches it itself, by the client that Java apps have. `nix`: nixpkgs has it, and neither Debian nor
   * a registry of packages.
   */
  source: z.enum(['npm', 'pypi', 'goproxy', 'maven', 'debian', 'stack', 'nix']),
  /** Subresource integrity of what is fetched; null when the stack carries it. */
  hash: z.string().nullable(),
  /** Where the bytes behind `hash` come from, as the registry named it; absent when the stack or Debian carries the tool. */
  url: z.string().nullable().optional(),
  phase: z.array(z.enum(['build', 'run'])),
  /**
   * Debian packages that, laid over the stack, are the tool. `suite` null: the stack's own, with all that they depend
   * on; another suite: these packages alone, unpacked.
   */
  layer: z.object({ suite: z.string().nullable(), packages: z.array(z.string()) }).optional(),
})
export type Tool = z.infer<typeof Tool>

export const Step = z.object({
  name: z.string(),
  needs: z.array(z.string()),
  /** Paths of the source that this step sees; `.` is everything. Only their content is in its key. */
  inputs: z.object({ files: z.array(z.string()) }),
  commands: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  network: z.boolean(),
  /** Names of config vars that the step may read; `*` is all. */
  secrets: z.array(z.string()),
  caches: z.array(z.string()),
  outputs: z.array(z.string()),
})
export type Step = z.infer<typeof Step>

export const StaticSite = z.object({ dir: z.string(), indexFallback: z.boolean() })

/**
 * What stands under a `FROM`. `made`: Debian of a suite, installed from Debian's own archive, with tools laid over it;
 * it stands in for an image of that name where it can do so honestly.
 */
export const ImageBase = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('scratch') }),
  z.object({ kind: z.literal('stack'), which: z.enum(['run', 'build']) }),
  z.object({
    kind: z.literal('made'),
    suite: z.string(),
    packages: z.array(z.string()),
    /** Tools of the plan that lie below /usr/local. */
    tools: z.array(z.string()),
    flavor: z.enum(['debian', 'node', 'python', 'golang']),
    /** What it is, in words. */
    title: z.string(),
  }),
  /** From a registry, by the name that is pulled. */
  z.object({ kind: z.literal('pull'), from: z.string() }),
])
export type ImageBase = z.infer<typeof ImageBase>

/** What buildah makes of a Dockerfile; the release is then a whole root file system. */
export const ImagePlan = z.object({
  /** Relative to the app's folder, as is the folder that COPY reads. */
  dockerfile: z.string(),
  context: z.string(),
  /** Name or number of the stage that is released; null: the last. */
  target: z.string().nullable(),
  args: z.record(z.string(), z.string()),
  /** What the images that it names mean here. */
  bases: z.array(z.object({ line: z.number(), image: z.string(), base: ImageBase })),
  /** Names of config vars that RUN may mount. */
  secrets: z.array(z.string()),
})
export type ImagePlan = z.infer<typeof ImagePlan>

/** An app whose package is built by derivations of its own, which a step works out. */
export const Flake = z.object({
  /** The step, and the folder of its output that holds them. */
  step: z.string(),
  folder: z.string(),
  /** Names of inputs that are fetched; where there are any, a Nix binary cache has to answer. */
  inputs: z.array(z.string()),
})
export type Flake = z.infer<typeof Flake>

/** What a process is asked, and what a good answer is; how it is asked stands in contract/nodes.ts of the server. */
export const ProbeWish = z.object({
  path: z.string().startsWith('/').nullable(),
  host: z.string().nullable(),
  status: z.array(z.tuple([z.number().int(), z.number().int()])).min(1),
  body: z.string().nullable(),
  /** Seconds. */
  timeout: z.number().positive(),
})
export const CheckWish = ProbeWish.extend({
  /** Seconds. */
  interval: z.number().positive(),
  failures: z.number().int().min(1),
  successes: z.number().int().min(1),
})

/** Checks of one process type. */
export const ProcessHealth = z.object({
  /** null: the platform's own way. */
  startup: ProbeWish.nullable(),
  readiness: CheckWish.nullable(),
  liveness: CheckWish.nullable(),
  /** Seconds; null: the platform's figure. */
  bootTimeout: z.number().positive().nullable(),
})
export type ProcessHealth = z.infer<typeof ProcessHealth>

/** A command that the platform runs at its times, as a one-off instance of the release. */
export const CronEntry = z.object({
  /** Tells the entries of an app apart, also over releases. */
  name: z.string(),
  /** As written, e.g. `0 3 * * *`; checked by the platform. Times are UTC. */
  schedule: z.string(),
  command: z.string(),
  /** null: the platform's default. */
  size: z.string().nullable(),
  /** What becomes of a run that is due while the one before goes on. */
  overlap: z.enum(['skip', 'allow']),
  from: z.string(),
})
export type CronEntry = z.infer<typeof CronEntry>

/** What instances may run in (contract/nodes.ts#DriverName). */
export const RunDriver = z.enum(['nspawn', 'lxc', 'fake'])
export type RunDriver = z.infer<typeof RunDriver>

export const BuildPlan = z.object({
  planVersion: z.literal(PLAN_VERSION),
  builder: z.string(),
  source: z.object({ root: z.string() }),
  detected: z.array(
    z.object({
      provider: z.string(),
      role: z.enum(['main', 'companion']),
      confidence: z.number(),
      evidence: z.array(z.object({ file: z.string() })),
    }),
  ),
  tools: z.array(Tool),
  systemPackages: z.object({ build: z.array(z.string()), run: z.array(z.string()) }),
  steps: z.array(Step),
  /** In the place of steps. */
  image: ImagePlan.optional(),
  caches: z.record(z.string(), z.object({ dir: z.string(), scope: z.enum(['app', 'app+branch']) })),
  release: z.object({
    include: z.array(z.object({ step: z.string(), paths: z.array(z.string()) })),
    env: z.record(z.string(), z.string()),
    static: StaticSite.nullable(),
    processes: z.record(z.string(), z.object({ command: z.string(), from: z.string() })),
    healthcheck: z.object({ path: z.string() }).nullable(),
    /** Of each process type that says more than its command; absent: none does. */
    health: z.record(z.string(), ProcessHealth).optional(),
    cron: z.array(CronEntry).optional(),
    /** Absent: the app does not ask for one. */
    driver: RunDriver.optional(),
  }),
  /** Absent: every step of the plan runs in the box, and that is all. */
  flake: Flake.optional(),
  notes: z.array(Note),
})
export type BuildPlan = z.infer<typeof BuildPlan>

/** Failure to plan is a result, not an exception: it says who was asked and why not. */
export type PlanResult =
  | { readonly ok: true; readonly plan: BuildPlan }
  | {
      readonly ok: false
      readonly message: string
      readonly hint: string
      readonly asked: readonly { provider: string; why: string }[]
    }

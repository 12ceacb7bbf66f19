import { z } from 'zod'
import type { FileView } from './file-view.ts'
import type { BuildPlan, Note, Step, Tool } from './plan.ts'
import type { ProcfileEntry } from './procfile.ts'
import type { PlanSettings } from './settings.ts'

/** `provider.json`: what gives a language away. */
export const ProviderManifest = z.strictObject({
  /** The folder's name. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  title: z.string(),
  /** Last words of the names that buildpacks of other platforms have for it, as in `heroku/nodejs`. */
  aliases: z.array(z.string()).default([]),
  /** Decides between equal confidences: the lower one is asked first. */
  order: z.number().int(),
  detect: z.strictObject({
    /** At least one of these exists, all of those do, none of the last. Paths or globs. */
    any: z.array(z.string()).default([]),
    all: z.array(z.string()).default([]),
    not: z.array(z.string()).default([]),
    /** Those of `any` that are code or a page and no manifest: by themselves they give way to a Dockerfile. */
    loose: z.array(z.string()).default([]),
    /** Confidence of 0 to 1 when the files fit; `detect.ts` may refine it. */
    weight: z.number().min(0).max(1),
  }),
  /** First words of a Procfile command that speak for this language. */
  commands: z.array(z.string()).default([]),
  /** Files that may name a version, the strongest first; for messages and documentation. */
  versionFiles: z.array(z.string()).default([]),
  /** Languages that often stand beside this one to build its assets. */
  companions: z.array(z.string()).default([]),
  /** Its file says on purpose how the app is built, so that it is taken before a language known by loose files alone. */
  deliberate: z.boolean().default(false),
  /** Said where it fits and another one was chosen: how to choose this. Absent: nothing is said. */
  beside: z.string().optional(),
  /** Values that the language's own code reads. */
  defaults: z.record(z.string(), z.string()).default({}),
  /** For the table of languages (`npm run languages`): what it offers, with the fixtures that show each. */
  offers: z
    .strictObject({
      /** Which versions there are and where they come from, a phrase each; empty: as the fixtures' plans say. */
      versions: z.array(z.string()).default([]),
      managers: z.record(z.string(), z.array(z.string())).default({}),
      frameworks: z.record(z.string(), z.array(z.string())).default({}),
      /** What cannot be had, or is not there yet. */
      limits: z.array(z.string()).default([]),
    })
    .default({ versions: [], managers: {}, frameworks: {}, limits: [] }),
})
export type ProviderManifest = z.infer<typeof ProviderManifest>

export interface PlanContext {
  readonly view: FileView
  readonly settings: PlanSettings
  readonly manifest: ProviderManifest
  /** Parsed Procfile, empty when there is none. */
  readonly procfile: Readonly<Record<string, ProcfileEntry>>
  /** The whole repository and the app's folder in it, when the app is not at its root. */
  readonly above?: { readonly view: FileView; readonly folder: string }
  /** Its tests run after the build, so development dependencies are needed even where nothing is built. */
  readonly tests?: boolean
}

/** What a language contributes; the core adds the Procfile, the settings and the rest of the plan. */
export interface LanguagePlan {
  readonly ok: true
  /** `.` when the app is built from the root of the repository though it lies in a folder, as in a workspace. */
  readonly root?: '.'
  /** Requests: version and hash are null. */
  readonly tools: readonly Tool[]
  readonly systemPackages?: BuildPlan['systemPackages']
  readonly steps: readonly Step[]
  readonly caches: BuildPlan['caches']
  readonly include: BuildPlan['release']['include']
  readonly env: Readonly<Record<string, string>>
  readonly static: BuildPlan['release']['static']
  /** In the place of steps: the release is an image. */
  readonly image?: BuildPlan['image']
  /** Defaults; the Procfile wins over each. */
  readonly processes: BuildPlan['release']['processes']
  /** Commands of the Procfile and of SKYPANEL_START_CMD that are run in another way: as written → as run. */
  readonly rewrites?: Readonly<Record<string, string>>
  readonly flake?: BuildPlan['flake']
  readonly notes: readonly Note[]
}

/** What a language builds for an app of another one. */
export interface Companion {
  readonly ok: true
  readonly tools: readonly Tool[]
  readonly steps: readonly Step[]
  readonly caches: BuildPlan['caches']
  readonly notes: readonly Note[]
}

export interface Refusal {
  readonly ok: false
  readonly message: string
  readonly hint: string
}

export interface Detection {
  /** 0: not this language. */
  readonly confidence: number
  readonly evidence: readonly string[]
  /** One sentence, shown when the language was not chosen. */
  readonly why: string
  /** Nothing but loose files speaks for it. Set by the core. */
  readonly loose?: boolean
}

/** One folder, loaded. */
export interface Provider {
  readonly manifest: ProviderManifest
  /** Only when file tests do not suffice; asked after they fitted. */
  readonly refine: ((context: PlanContext, found: Detection) => Detection) | null
  readonly plan: (context: PlanContext) => LanguagePlan | Refusal
  /** Only languages that build for others; null: there is nothing to build. Gets the steps of the other language. */
  readonly companion?: ((context: PlanContext, others: readonly Step[]) => Companion | Refusal | null) | null
}

export function refuse(message: string, hint: string): Refusal {
  return { ok: false, message, hint }
}

/** A tool as declared, to be resolved against an inventory. */
export function request(
  tool: Pick<Tool, 'name' | 'want' | 'from' | 'source' | 'phase'> & Partial<Pick<Tool, 'version' | 'layer'>>,
): Tool {
  return {
    name: tool.name,
    want: tool.want,
    from: tool.from,
    version: tool.version ?? null,
    source: tool.source,
    hash: null,
    phase: tool.phase,
    ...(tool.layer === undefined ? {} : { layer: tool.layer }),
  }
}

/** A step with everything that it does not name switched off: no network, no secrets, nothing of the source. */
export function step(
  part: Pick<Step, 'name' | 'commands'> & Partial<Omit<Step, 'inputs'>> & { files?: string[] },
): Step {
  return {
    name: part.name,
    needs: part.needs ?? [],
    inputs: { files: part.files ?? [] },
    commands: part.commands,
    env: part.env ?? {},
    network: part.network ?? false,
    secrets: part.secrets ?? [],
    caches: part.caches ?? [],
    outputs: part.outputs ?? [],
  }
}

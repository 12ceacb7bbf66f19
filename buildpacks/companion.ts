import type { Candidate } from './ask.ts'
import type { BuildPlan, Note } from './plan.ts'
import type { Companion, LanguagePlan } from './provider.ts'

export interface Joined {
  readonly plan: LanguagePlan
  /** Languages that build something beside the main one. */
  readonly beside: BuildPlan['detected']
}

/** Languages beside the main one build what it ships, e.g. Node the assets of a Ruby app. */
export function joinCompanions(
  main: Candidate,
  planned: LanguagePlan,
  candidates: readonly Candidate[],
): Joined {
  let plan = planned
  const beside: BuildPlan['detected'] = []
  for (const { provider, found, context } of candidates) {
    const { name, title } = provider.manifest
    if (
      found.confidence === 0 ||
      !main.provider.manifest.companions.includes(name) ||
      planned.static !== null
    )
      continue
    const made = provider.companion?.(context, plan.steps) ?? null
    if (made === null) continue
    if (!made.ok) {
      plan = { ...plan, notes: [...plan.notes, skipped(title, found.evidence, made.message, name)] }
      continue
    }
    plan = join(plan, made, name)
    beside.push({
      provider: name,
      role: 'companion',
      confidence: found.confidence,
      evidence: found.evidence.map((file) => ({ file })),
    })
  }
  return { plan, beside }
}

function skipped(title: string, evidence: readonly string[], why: string, name: string): Note {
  return {
    level: 'warn',
    code: 'companion.skipped',
    message: `${title} was seen as well (${evidence.join(', ')}) and is not built beside: ${why}. Set SKYPANEL_BUILDPACK=${name} to build it instead.`,
  }
}

/**
 * The companion's steps stand between the main language's dependencies and its build; what it built lies above the
 * source in the release, and its own dependencies are not shipped.
 */
function join(plan: LanguagePlan, { tools, steps, caches, notes }: Companion, name: string): LanguagePlan {
  const renamed = (step: string) => `${name}-${step}`
  const own = new Set(steps.map((step) => step.name))
  const reads = (files: readonly string[]) => files.includes('.')
  const first = plan.steps
    .filter((step) => !reads(step.inputs.files) && step.network)
    .map((step) => step.name)
  const added = steps.map((step) => ({
    ...step,
    name: renamed(step.name),
    needs: [
      ...step.needs.map((one) => (own.has(one) ? renamed(one) : one)),
      // What builds from the whole source may read what the main language installed.
      ...(reads(step.inputs.files) ? first : []),
    ],
  }))
  const last = added.at(-1)
  const builds = added.filter((step) => reads(step.inputs.files)).map((step) => step.name)
  const main = plan.steps.map((step) =>
    last !== undefined && reads(step.inputs.files) ? { ...step, needs: [...step.needs, last.name] } : step,
  )
  const shipped = builds.map((step) => ({ step, paths: ['.'] }))
  const at = plan.include.findIndex(({ step }) => step === 'source')
  const built = plan.include.findIndex(({ step }) =>
    main.some((one) => one.name === step && reads(one.inputs.files)),
  )
  const where = at >= 0 ? at : built + 1
  return {
    ...plan,
    tools: [...plan.tools, ...tools.map((tool) => ({ ...tool, phase: ['build' as const] }))],
    steps: [
      ...plan.steps.filter((step) => first.includes(step.name)),
      ...added,
      ...main.filter((step) => !first.includes(step.name)),
    ],
    caches: { ...plan.caches, ...caches },
    include: [...plan.include.slice(0, where), ...shipped, ...plan.include.slice(where)],
    notes: [...plan.notes, ...notes],
  }
}

import type { Detection, PlanContext } from '../provider.ts'

/** Project.toml is a common name: what counts is code in Julia. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const code = view.find('*.jl') ?? view.find('{src,bin,app}/*.jl')
  return code === null
    ? { ...found, confidence: 0, why: `${found.evidence[0] ?? 'its files'}, but no Julia beside it` }
    : found
}

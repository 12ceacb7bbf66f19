import type { Detection, PlanContext } from '../provider.ts'

/** package.yaml is a common name: what counts is code in Haskell beside it. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const code = view.find('**/*.{hs,lhs}')
  if (code === null)
    return { ...found, confidence: 0, why: `${found.evidence[0] ?? 'its files'}, but no Haskell beside it` }
  return found
}

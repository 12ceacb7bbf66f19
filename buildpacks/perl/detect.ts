import type { Detection, PlanContext } from '../provider.ts'
import { readModules } from './modules.ts'
import { perlStart } from './start.ts'

/** Scripts in Perl lie in apps of every language: what counts is whether something answers, or says what it needs. */
export function detect({ view, procfile }: PlanContext, found: Detection): Detection {
  const start = perlStart(view, readModules(view))
  const declared = view.exists('cpanfile') || view.exists('cpanfile.snapshot')
  if (start === null) {
    if (!declared)
      return {
        ...found,
        confidence: 0,
        why: `${found.evidence[0] ?? 'its files'}, but nothing that answers requests`,
      }
    const named = Object.keys(procfile).length > 0
    return { ...found, confidence: named ? 0.8 : 0.45, why: 'there is a cpanfile' }
  }
  const evidence = [...new Set([...found.evidence, start.from])]
  const sure = declared || start.kind !== 'script'
  return { confidence: sure ? 0.93 : 0.45, evidence, why: `${start.from} can be started` }
}

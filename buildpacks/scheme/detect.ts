import type { Detection, PlanContext } from '../provider.ts'
import { schemeStart } from './start.ts'

/** Editors and tools are scripted in Scheme too: what counts is whether something can be started. */
export function detect({ view, procfile }: PlanContext, found: Detection): Detection {
  const start = schemeStart(view)
  if (start === null && procfile['web'] === undefined)
    return {
      ...found,
      confidence: 0,
      why: `${found.evidence[0] ?? 'its files'}, but nothing that answers requests`,
    }
  return { ...found, why: start === null ? found.why : `${start.file} can be started` }
}

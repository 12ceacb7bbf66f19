import type { Detection, PlanContext } from '../provider.ts'

/** A Staticfile says it outright; a page alone also lies in the folders of many apps. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  if (view.exists('Staticfile')) return { ...found, confidence: 0.5, why: 'there is a Staticfile' }
  return { ...found, why: `there is ${found.evidence[0] ?? 'a page'}` }
}

import type { Detection, PlanContext } from '../provider.ts'
import { readRequirements } from './requirements.ts'
import { pythonStart } from './start.ts'

/** What counts is whether something can be started; a requirements.txt alone also serves scripts of other apps. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const requirements = readRequirements(view)
  const start = pythonStart(view, requirements.ok ? requirements.packages : new Set())
  if (start === null)
    return { ...found, why: `${found.evidence[0] ?? 'its files'}, but nothing to start was found` }
  if (start.framework === 'script' && !view.exists('requirements.txt'))
    return { ...found, confidence: 0.7, why: `there is ${start.from}` }
  return {
    ...found,
    confidence: 0.95,
    evidence: [...new Set([...found.evidence, start.from])],
    why: `${start.from} can be started`,
  }
}

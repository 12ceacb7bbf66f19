import type { Detection, PlanContext } from '../provider.ts'
import { readProject } from './project.ts'
import { readRequirements } from './requirements.ts'
import { pythonStart } from './start.ts'

/** What counts is whether something can be started; a requirements.txt alone also serves scripts of other apps. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const requirements = readRequirements(view)
  const project = readProject(view)
  const start = pythonStart(
    view,
    new Set([...(requirements.ok ? requirements.packages : []), ...project.names]),
  )
  if (start === null)
    return { ...found, why: `${found.evidence[0] ?? 'its files'}, but nothing to start was found` }
  if (start.framework === 'script' && !view.exists('requirements.txt') && !project.present)
    return { ...found, confidence: 0.7, why: `there is ${start.from}` }
  return {
    ...found,
    confidence: 0.95,
    evidence: [...new Set([...found.evidence, start.from])],
    why: `${start.from} can be started`,
  }
}

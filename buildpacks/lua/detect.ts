import type { Detection, PlanContext } from '../provider.ts'
import { luaStart } from './start.ts'

/** Games and editors are scripted in Lua too: what counts is whether something can be started. */
export function detect({ view, procfile }: PlanContext, found: Detection): Detection {
  const start = luaStart(view)
  const rocks = view.find('*.rockspec')
  if (start !== null)
    return {
      confidence: rocks === null ? 0.7 : 0.9,
      evidence: [...new Set([...found.evidence, start])],
      why: `${start} can be started`,
    }
  if (rocks !== null && Object.keys(procfile).length > 0) return { ...found, confidence: 0.8 }
  if (rocks !== null) return { ...found, confidence: 0.4, why: `there is ${rocks}, but nothing to start` }
  return {
    ...found,
    confidence: 0,
    why: `${found.evidence[0] ?? 'its files'}, but nothing that answers requests`,
  }
}

import type { Detection, PlanContext } from '../provider.ts'
import { readGems } from './gems.ts'
import { rubyStart } from './start.ts'

/** A Gemfile alone also serves tools of other apps (fastlane, Jekyll): what counts is whether something can be started. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const start = rubyStart(view, readGems(view))
  if (start === null)
    return {
      ...found,
      confidence: 0.4,
      why: `${found.evidence[0] ?? 'its files'}, but nothing to start was found`,
    }
  return {
    ...found,
    confidence: 0.95,
    evidence: [...new Set([...found.evidence, start.from])],
    why: `${start.from} can be started`,
  }
}

import type { Detection, PlanContext } from '../provider.ts'
import { documentRoot } from './server.ts'

/** A composer.json alone also serves tools and libraries: what counts is whether there is a page. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const root = documentRoot(view)
  const page = root === '.' ? 'index.php' : `${root}/index.php`
  if (!view.exists(page))
    return {
      ...found,
      confidence: 0.4,
      why: `${found.evidence[0] ?? 'its files'}, but there is no index.php`,
    }
  return {
    ...found,
    confidence: 0.95,
    evidence: [...new Set([...found.evidence, page])],
    why: `there is ${page}`,
  }
}

import type { Detection, PlanContext } from '../provider.ts'

/** Sites of ClojureScript are built by Node's tools: what counts is code that runs on Java. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  if (view.exists('**/*.{clj,cljc}') && !(view.exists('shadow-cljs.edn') && !view.exists('src/**/*.clj')))
    return found
  if (view.exists('project.clj')) return { ...found, confidence: 0.8 }
  return {
    ...found,
    confidence: 0.3,
    why: `${found.evidence[0] ?? 'its files'}, but no code that runs on Java`,
  }
}

import type { NamedLanguage } from './named.ts'
import type { Detection, PlanContext, Provider } from './provider.ts'

/** A language that was asked about an app. */
export interface Candidate {
  readonly provider: Provider
  readonly context: PlanContext
  readonly found: Detection
}

/** How sure a language is that the app is its own, and why or why not. */
export function ask(provider: Provider, context: PlanContext): Candidate {
  const found = fileTests(provider, context)
  if (found.confidence === 0) return { provider, context, found }
  const refined = provider.refine === null ? found : provider.refine(context, found)
  if (refined.confidence === 0) return { provider, context, found: refined }
  // A Procfile says how the files become an app, as a manifest would.
  const loose = found.loose === true && Object.keys(context.procfile).length === 0
  return { provider, context, found: { ...withProcfile(refined, context), loose } }
}

function fileTests(provider: Provider, { view }: PlanContext): Detection {
  const { any, all, not, loose, weight } = provider.manifest.detect
  const fitting = any.filter((glob) => view.exists(glob))
  const hits = fitting.map((glob) => view.find(glob)).filter((path) => path !== null)
  const missing = all.filter((glob) => !view.exists(glob))
  const against = not.map((glob) => view.find(glob)).find((path) => path !== null)
  const none = (why: string): Detection => ({ confidence: 0, evidence: [], why })
  if (missing.length > 0) return none(`no ${missing.join(' and no ')}`)
  if (any.length > 0 && hits.length === 0) return none(`none of ${any.join(', ')}`)
  if (against !== undefined) return none(`${against} speaks against it`)
  return {
    confidence: weight,
    evidence: [...new Set([...all, ...hits])].slice(0, 5),
    why: `${hits[0] ?? all[0] ?? 'its files'} fits`,
    loose: all.length === 0 && fitting.every((glob) => loose.includes(glob)),
  }
}

/** What the app itself says it runs outweighs what lies around. */
function withProcfile(found: Detection, { procfile, manifest }: PlanContext): Detection {
  const entry = procfile['web'] ?? Object.values(procfile)[0]
  if (entry === undefined || !manifest.commands.includes(firstWord(entry.command))) return found
  return {
    confidence: Math.max(found.confidence, 0.98),
    evidence: [...found.evidence, 'Procfile'],
    why: `${found.why}; Procfile runs ${firstWord(entry.command)}`,
  }
}

function firstWord(command: string): string {
  const word = command.split(/\s+/).find((part) => !/^\w+=/.test(part) && part !== 'exec') ?? ''
  return word.slice(word.lastIndexOf('/') + 1)
}

/**
 * The surest; of equals the one that is asked first; a language that was named beats all, and what was written on
 * purpose beats loose files.
 */
export function choose(candidates: readonly Candidate[], named: NamedLanguage | null): Candidate | null {
  if (named !== null) {
    const found = candidates.find(({ provider }) => provider.manifest.name === named.provider) ?? null
    // A file may have been written for another platform, or for the app that this one began as.
    if (named.strict || (found !== null && found.found.confidence > 0)) return found
  }
  let best: Candidate | null = null
  for (const candidate of candidates) {
    if (candidate.found.confidence > (best?.found.confidence ?? 0)) best = candidate
  }
  if (best?.found.loose !== true) return best
  return (
    candidates.find(({ provider, found }) => provider.manifest.deliberate && found.confidence > 0) ?? best
  )
}

import type { Detection, PlanContext } from '../provider.ts'
import { readProjects } from './projects.ts'

/** A project in a folder of its own may be a helper of an app in another language; one beside it is the app. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const projects = readProjects(view)
  const [first] = projects
  if (first === undefined)
    return { ...found, confidence: 0, why: `${found.evidence[0] ?? 'its files'}, but no project` }
  const root = view.exists('*.{csproj,fsproj,vbproj,sln,slnx}')
  return {
    confidence: root ? 0.94 : first.kind === 'web' ? 0.8 : 0.4,
    evidence: [...new Set([...found.evidence, first.path])],
    why: `${first.path} is a ${first.kind === 'web' ? 'web app' : 'program'}`,
  }
}

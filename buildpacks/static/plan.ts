import { type LanguagePlan, type PlanContext, type Refusal, refuse } from '../provider.ts'
import { STATIC_STEP, serveStatic } from '../static-site.ts'
import { readStaticfile } from '../staticfile.ts'

/** A folder served as it is: `root` of the Staticfile, else where the index page lies. */
export function plan({ view }: PlanContext): LanguagePlan | Refusal {
  const said = readStaticfile(view)
  if (said !== null && !said.ok) return said
  const dir = said?.root ?? (view.exists('index.html') || !view.exists('public/index.html') ? '.' : 'public')
  if (dir !== '.' && !view.exists(dir)) {
    return refuse(
      `Staticfile names the root "${dir}", which does not exist`,
      'Correct it, or commit the folder.',
    )
  }
  if (said === null && !view.exists('index.html') && !view.exists('public/index.html')) {
    return refuse(
      'There is no page to serve',
      'Put an index.html at the root, or name the folder in a Staticfile: `root: public`.',
    )
  }
  const site = { dir, indexFallback: said?.indexFallback ?? false }
  const parts = serveStatic({ ...site, immutable: [] }, said === null ? 'index.html' : 'Staticfile')
  return {
    ok: true,
    tools: [parts.tool],
    steps: [parts.step],
    caches: {},
    include: [
      { step: STATIC_STEP, paths: ['.skypanel'] },
      { step: 'source', paths: ['.'] },
    ],
    env: parts.env,
    static: site,
    processes: { web: parts.process },
    notes: said?.notes ?? [],
  }
}

import { posix } from 'node:path'
import type { LanguagePlan } from '../provider.ts'
import { override } from '../settings.ts'
import type { Staticfile } from '../staticfile.ts'
import { STATIC_FOLDER, STATIC_STEP, type SiteOptions, serveStatic } from '../static-site.ts'
import type { NodeApp } from './app.ts'
import { buildStep } from './build-step.ts'
import { lockNotes } from './lock-notes.ts'
import { startsDevServer, startsOutput } from './start.ts'

export interface Site extends SiteOptions {
  readonly from: string
}

/** The files that the build makes, when they are all there is to serve and nobody says otherwise. */
export function siteOf(
  { context, pkg, build, framework, place }: NodeApp,
  said: Staticfile | null,
): Site | null {
  if (build.length === 0 || context.procfile['web'] !== undefined) return null
  if (override(context.settings, 'SKYPANEL_START_CMD') !== null) return null
  const output = framework?.output ?? null
  const script = (pkg.scripts['start'] ?? '').trim()
  if (script !== '' && !startsDevServer(pkg) && !(output?.kind === 'site' && startsOutput(pkg, output)))
    return null
  const at = (dir: string) => posix.join(place.folder, dir)
  if (said?.root != null) {
    return { from: 'Staticfile', dir: at(said.root), indexFallback: said.indexFallback, immutable: [] }
  }
  if (framework === null || output?.kind !== 'site') return null
  const { dir, indexFallback, immutable } = output
  return { from: framework.name, dir: at(dir), indexFallback, immutable }
}

export function sitePlan(app: NodeApp, site: Site, tools: LanguagePlan['tools']): LanguagePlan {
  const parts = serveStatic(site, site.from)
  const check = `test -d ${site.dir} || { echo "The build made no folder ${site.dir}, which is to be served. Name the right one in a Staticfile: root: FOLDER" >&2; exit 1; }`
  const output = app.framework?.output
  const after = output?.kind === 'site' ? (output.after?.(site.dir) ?? []) : []
  const built = buildStep(app, [check, ...after])
  return {
    ok: true,
    tools: [...tools.map((tool) => ({ ...tool, phase: ['build' as const] })), parts.tool],
    steps: [...(app.installs ? [app.install.all] : []), built.step, parts.step],
    caches: { ...app.commands.caches, ...built.caches },
    include: [
      { step: 'build', paths: [site.dir] },
      { step: STATIC_STEP, paths: [STATIC_FOLDER] },
    ],
    env: parts.env,
    static: { dir: site.dir, indexFallback: site.indexFallback },
    processes: { web: parts.process },
    notes: [...lockNotes(app), ...built.notes],
  }
}

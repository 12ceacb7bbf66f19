import type { LanguagePlan, PlanContext, Refusal } from '../provider.ts'
import { readStaticfile } from '../staticfile.ts'
import { describeApp, type NodeApp } from './app.ts'
import { chooseManager } from './manager-choice.ts'
import { onlyMember, startsNx } from './only-member.ts'
import { otherTools } from './other-tools.ts'
import { placeOf } from './place.ts'
import { serverPlan } from './server-plan.ts'
import { sitePlan, siteOf } from './site-plan.ts'
import { startOf } from './start.ts'
import { nodeVersion } from './versions.ts'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const found = placeOf(context)
  if (!found.ok) return found
  const { place } = found
  const manager = chooseManager({ ...context, view: place.root }, place.rootPkg)
  if (!manager.ok) return manager
  const node = nodeVersion(context, place, manager)
  if (!node.ok) return node
  const staticfile = readStaticfile(context.view)
  if (staticfile !== null && !staticfile.ok) return staticfile
  const app = describeApp(context, place, manager)
  const project = startsNx(app) ? memberPlan(app) : null
  if (project !== null) return project
  const tools = [node.tool, manager.tool, ...otherTools(app)]
  const site = siteOf(app, staticfile)
  const start = site === null ? startOf(app) : null
  if (start !== null && !start.ok) return memberPlan(app) ?? start
  const planned =
    site !== null ? sitePlan(app, site, tools) : start !== null ? serverPlan(app, start, tools) : null
  if (planned === null) throw new Error('a Node app is either served as files or started')
  const notes = [...node.notes, ...planned.notes]
  return place.folder === '.' ? { ...planned, notes } : { ...planned, root: '.', notes }
}

function memberPlan(app: NodeApp): LanguagePlan | null {
  const context = onlyMember(app)
  const planned = context === null ? null : plan(context)
  if (context?.above === undefined || planned === null || !planned.ok) return null
  const message = `The root of this workspace starts nothing, so ${context.above.folder} is deployed, which alone can be. SKYPANEL_ROOT names another.`
  return { ...planned, notes: [{ level: 'info', code: 'node.workspace.member', message }, ...planned.notes] }
}

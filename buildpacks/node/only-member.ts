import { subView } from '../file-view.ts'
import type { PlanContext } from '../provider.ts'
import type { NodeApp } from './app.ts'
import { frameworkOf } from './frameworks/all.ts'

/**
 * Where the root of a workspace only holds packages together and one of them alone can be served, that one is the app.
 * null: there is none, or more than one, and then somebody has to say which.
 */
export function onlyMember({ context, install, place }: NodeApp): PlanContext | null {
  if (place.folder !== '.') return null
  const startable = install.members.filter(({ folder, pkg, whole }) => {
    if (whole || /(?:^|[/-])(?:docs?|examples?|e2e|storybook|website)$/.test(folder)) return false
    const start = (pkg.scripts['start'] ?? '').trim() !== ''
    return start || frameworkOf({ view: subView(context.view, folder), pkg }) !== null
  })
  const [only, ...others] = startable
  if (only === undefined || others.length > 0) return null
  const above = { view: context.view, folder: only.folder }
  return { ...context, view: subView(context.view, only.folder), above }
}

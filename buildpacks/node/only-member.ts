import { subView } from '../file-view.ts'
import type { PlanContext } from '../provider.ts'
import type { NodeApp } from './app.ts'
import { frameworkOf } from './frameworks/all.ts'
import { isNxApp, nxProjects } from './nx.ts'

/**
 * Where the root of a workspace only holds packages together and one of them alone can be served, that one is the app.
 * null: there is none, or more than one, and then somebody has to say which.
 */
export function onlyMember({ context, install, place }: NodeApp): PlanContext | null {
  if (place.folder !== '.') return null
  const projects = [...nxProjects(context.view).keys()].filter((folder) => isNxApp(context.view, folder))
  if (projects.length > 0) return projects.length === 1 ? inside(context, projects[0] ?? '.') : null
  const startable = install.members.filter(({ folder, pkg, whole }) => {
    if (whole || /(?:^|[/-])(?:docs?|examples?|e2e|storybook|website)$/.test(folder)) return false
    const start = (pkg.scripts['start'] ?? '').trim() !== ''
    return start || frameworkOf({ view: subView(context.view, folder), pkg }) !== null
  })
  const [only, ...others] = startable
  if (only === undefined || others.length > 0) return null
  return inside(context, only.folder)
}

function inside(context: PlanContext, folder: string): PlanContext {
  return { ...context, view: subView(context.view, folder), above: { view: context.view, folder } }
}

/** `nx serve api` builds and watches; what is behind it is a project of the repository. */
export function startsNx({ place }: NodeApp): boolean {
  return (
    place.folder === '.' &&
    /^(?:npx )?nx (?:serve|run \S+:serve|dev|run-many)\b/.test(place.pkg.scripts['start'] ?? '')
  )
}

import type { Companion, PlanContext, Refusal } from '../provider.ts'
import type { Step } from '../plan.ts'
import { describeApp } from './app.ts'
import { buildStep } from './build-step.ts'
import { chooseManager } from './manager-choice.ts'
import { otherTools } from './other-tools.ts'
import { placeOf } from './place.ts'
import { nodeVersion } from './versions.ts'

/**
 * Assets of an app in another language: dependencies and the build script, nothing to start. Without a build script
 * the dependencies are only wanted where the other language builds something that may call them.
 */
export function companion(context: PlanContext, others: readonly Step[]): Companion | Refusal | null {
  const found = placeOf(context)
  if (!found.ok) return found
  const { place } = found
  const manager = chooseManager({ ...context, view: place.root }, place.rootPkg)
  if (!manager.ok) return manager
  const node = nodeVersion(context, place, manager)
  if (!node.ok) return node
  // The app's own build command is the main language's.
  const app = describeApp(context, place, manager)
  const built = app.build.length > 0 ? buildStep(app, []) : null
  const wanted = built !== null || others.some((step) => step.inputs.files.includes('.'))
  if (!wanted || (built === null && !app.installs)) return null
  return {
    ok: true,
    tools: [node.tool, manager.tool, ...otherTools(app)],
    steps: [...(app.installs ? [app.install.all] : []), ...(built === null ? [] : [built.step])],
    caches: { ...(app.installs ? app.commands.caches : {}), ...built?.caches },
    notes: [...node.notes, ...(built?.notes ?? [])],
  }
}

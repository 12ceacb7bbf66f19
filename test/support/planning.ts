import { planApp } from '../../buildpacks/detect.ts'
import { openFolder } from '../../buildpacks/file-view.ts'
import type { BuildPlan, PlanResult } from '../../buildpacks/plan.ts'
import { loadProviders } from '../../buildpacks/providers.ts'
import { settingsFrom } from '../../buildpacks/settings.ts'
import { sourceFolder } from './folder.ts'

type Files = Readonly<Record<string, string>>

const providers = await loadProviders()

/** What all languages together make of an app with these files and config vars. */
export const planned = (files: Files, config: Files = {}): PlanResult =>
  planApp(openFolder(sourceFolder(files)), settingsFrom(config, 'test'), providers)

/** The plan of an app that has one. */
export function plan(files: Files, config: Files = {}): BuildPlan {
  const result = planned(files, config)
  if (!result.ok) throw new Error(result.message)
  return result.plan
}

/** What its web processes run. */
export const web = (files: Files) => plan(files).release.processes['web']?.command

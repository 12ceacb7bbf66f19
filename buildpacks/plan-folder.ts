import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import type { Inventories } from './inventory/inventory.ts'
import { resolveIfReachable, resolvePlan, type ToolLock } from './inventory/resolve.ts'
import type { PlanResult } from './plan.ts'
import { loadProviders, type ProviderRoots } from './providers.ts'
import { settingsFrom } from './settings.ts'

export interface PlanFolderOptions {
  /** The app's config vars; the plan gets the names, and the values of the few that steer a build. */
  readonly config?: Readonly<Record<string, string>>
  /** Name and version of what plans, e.g. `skypanel 0.1.0`. */
  readonly builder: string
  /** null: versions stay open. */
  readonly inventories: Inventories | null
  /** Versions of the last good build. */
  readonly lock?: ToolLock
  /** `exact`: throws InventoryUnreachable when versions cannot be resolved, as a build wants it. `open`: says so in a note. */
  readonly versions: 'exact' | 'open'
  /** Milliseconds since 1970. */
  readonly now: number
  readonly roots?: ProviderRoots
  /** Images that the operator has approved others for. */
  readonly images?: Readonly<Record<string, string>>
}

/** Detects, plans and resolves a folder. What is wrong with the app is in the result; what is wrong with us is thrown. */
export async function planFolder(folder: string, options: PlanFolderOptions): Promise<PlanResult> {
  const providers = await loadProviders(options.roots)
  const settings = settingsFrom(options.config ?? {}, options.builder, options.images)
  const planned = planApp(openFolder(folder), settings, providers)
  if (!planned.ok) return planned
  if (options.versions === 'open') return resolveIfReachable(planned.plan, options.inventories, options.now)
  return resolvePlan(planned.plan, options.inventories ?? new Map(), options.now, options.lock)
}

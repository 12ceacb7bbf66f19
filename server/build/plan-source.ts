import { readFile } from 'node:fs/promises'
import { createInventories } from '../../buildpacks/inventory/inventories.ts'
import { InventoryUnreachable } from '../../buildpacks/inventory/inventory.ts'
import { ToolLock } from '../../buildpacks/inventory/resolve.ts'
import { planFolder } from '../../buildpacks/plan-folder.ts'
import type { BuildPlan, PlanResult } from '../../buildpacks/plan.ts'
import { Registries } from '../../buildpacks/registries.ts'
import type { AppId } from '../contract/ids.ts'
import { faultInSchedule } from '../cron/entries.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { recall } from '../store/build-cache.ts'

/** Under which an app's last tool versions are remembered. */
export const TOOLS_KEY = 'tools'

/**
 * Detects what an exported commit is and plans its build with exact versions: those of the app's last good build where
 * it asks for the same, unless `upgrade`.
 */
export async function planSource(
  ctx: Pick<DeployContext, 'db' | 'settings'>,
  app: AppId,
  folder: string,
  config: Readonly<Record<string, string>>,
  upgrade: boolean,
): Promise<PlanResult & { readonly locked: ReadonlySet<string> }> {
  const known = ToolLock.safeParse(await recall(ctx.db, app, TOOLS_KEY))
  const lock = known.success && !upgrade ? known.data : {}
  const registries = await readRegistries(ctx.settings.registries)
  try {
    const result = await planFolder(folder, {
      config,
      builder: ctx.settings.builder,
      inventories:
        registries === null ? null : createInventories(registries, ctx.settings.inventoryCache, process.arch),
      ...(registries?.images === undefined ? {} : { images: registries.images.aliases }),
      lock,
      versions: 'exact',
      now: Date.now(),
    })
    if (!result.ok) return { ...result, locked: new Set() }
    const fault = faultInSchedule(result.plan)
    if (fault !== null) return { ok: false, ...fault, asked: [], locked: new Set() }
    return { ...result, locked: lockedTools(result.plan, lock) }
  } catch (error) {
    if (!(error instanceof InventoryUnreachable)) throw error
    return {
      ok: false,
      message: error.message,
      hint: 'Push again when the package registry answers.',
      asked: [],
      locked: new Set(),
    }
  }
}

/** Tools whose version was taken from the last build instead of being chosen anew. Pure. */
export function lockedTools(plan: BuildPlan, lock: ToolLock): Set<string> {
  const kept = plan.tools.filter(({ name, want, version }) => {
    const before = lock[name]
    return before !== undefined && before.want === want && before.version === version
  })
  return new Set(kept.map(({ name }) => name))
}

export async function readRegistries(file: string): Promise<Registries | null> {
  try {
    return Registries.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

import { readFile } from 'node:fs/promises'
import { createInventories } from '../../buildpacks/inventory/inventories.ts'
import { InventoryUnreachable } from '../../buildpacks/inventory/inventory.ts'
import { ToolLock } from '../../buildpacks/inventory/resolve.ts'
import { planFolder } from '../../buildpacks/plan-folder.ts'
import type { PlanResult } from '../../buildpacks/plan.ts'
import { Registries } from '../../buildpacks/registries.ts'
import type { AppId } from '../contract/ids.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { recall } from '../store/build-cache.ts'

/** Under which an app's last tool versions are remembered. */
export const TOOLS_KEY = 'tools'

/** Detects what an exported commit is and plans its build with exact versions. */
export async function planSource(
  ctx: Pick<DeployContext, 'db' | 'settings'>,
  app: AppId,
  folder: string,
  config: Readonly<Record<string, string>>,
): Promise<PlanResult> {
  const lock = ToolLock.safeParse(await recall(ctx.db, app, TOOLS_KEY))
  const registries = await readRegistries(ctx.settings.registries)
  try {
    return await planFolder(folder, {
      config,
      builder: ctx.settings.builder,
      inventories:
        registries === null ? null : createInventories(registries, ctx.settings.inventoryCache, process.arch),
      ...(lock.success ? { lock: lock.data } : {}),
      versions: 'exact',
      now: Date.now(),
    })
  } catch (error) {
    if (!(error instanceof InventoryUnreachable)) throw error
    return {
      ok: false,
      message: error.message,
      hint: 'Push again when the package registry answers.',
      asked: [],
    }
  }
}

async function readRegistries(file: string): Promise<Registries | null> {
  try {
    return Registries.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

import type { FileView } from './file-view.ts'
import { RunDriver } from './plan.ts'
import { type Refusal, refuse } from './provider.ts'
import { parsed, tableOf } from './tool-files.ts'

/** What an app's instances shall run in: `[runtime] driver` in skypanel.toml; undefined: the node's own choice. */
export function driverWish(view: FileView): { ok: true; driver: RunDriver | undefined } | Refusal {
  const said: unknown = tableOf(parsed(view, 'skypanel.toml'), 'runtime')['driver']
  if (said === undefined) return { ok: true, driver: undefined }
  const known = RunDriver.safeParse(said)
  if (known.success) return { ok: true, driver: known.data }
  return refuse(
    `skypanel.toml#runtime.driver is ${JSON.stringify(said).slice(0, 80)}, and there is no such driver`,
    `Write one of ${RunDriver.options.join(', ')}, or leave it out: the node has one of its own.`,
  )
}

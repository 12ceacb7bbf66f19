import type { FileView } from './file-view.ts'
import { type Refusal, refuse } from './provider.ts'
import { override, type PlanSettings } from './settings.ts'
import { siteFolder } from './static-site.ts'
import { parsed } from './tool-files.ts'

/** The folder that is the app, `.` for the whole repository: set, or `root` in skypanel.toml. */
export function appRoot(view: FileView, settings: PlanSettings): { ok: true; root: string } | Refusal {
  const set = override(settings, 'SKYPANEL_ROOT', 'PROJECT_PATH')
  const said = parsed(view, 'skypanel.toml')['root']
  const named = set ?? (typeof said === 'string' ? { name: 'skypanel.toml#root', value: said } : null)
  if (named === null) return { ok: true, root: '.' }
  const root = siteFolder(named.value)
  if (root === null || !view.exists(root)) {
    return refuse(
      `${named.name} names the folder "${named.value.slice(0, 80)}", which is not in the repository`,
      'Name a folder relative to the root of the repository, as in `apps/web`.',
    )
  }
  return { ok: true, root }
}

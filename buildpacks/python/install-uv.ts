import { own } from '../own.ts'
import type { PlanContext } from '../provider.ts'
import { override } from '../settings.ts'
import { shellWord } from '../shell-word.ts'
import { parsed, tableOf } from '../tool-files.ts'
import { having, type How, type InstallParts, textOf } from './install-parts.ts'
import { type UvWorkspace, workspaceManifests } from './uv-workspace.ts'
import type { Interpreter } from './versions.ts'

/**
 * uv notes beside a package of the app when its files were made, to know whether to install it anew. Nobody does that
 * in a release, and no two builds of the same would be equal. Those of the layers beneath are not ours to change.
 */
const FORGET_TIMES = `find .venv -name uv_cache.json -writable -exec sh -c 'sed -i /uv_cache.json/d "\${1%/*}/RECORD" && rm "$1"' - '{}' ';'`

export function byUv(context: PlanContext, parts: InstallParts): How {
  const { view, settings } = context
  const { project, installer, python, workspace: within } = parts
  if (within !== null) return byUvWorkspace(context, parts, within)
  const frozen = installer.locked && override(settings, 'SKYPANEL_LOCK')?.value !== 'loose'
  const mode = !frozen ? '' : project.dynamic ? ' --frozen' : ' --locked'
  const tool = tableOf(parsed(view, 'pyproject.toml'), 'tool', 'uv')
  const isPackage =
    own(tool, 'package') === true || (project.backend.length > 0 && own(tool, 'package') !== false)
  const workspace = own(tool, 'workspace') !== undefined
  const backend = [...project.backend.map(shellWord), 'editables'].join(' ')
  const members = workspace ? view.list('**/pyproject.toml') : []
  const local = /\bpath\s*=|\bworkspace\s*=\s*true/.test(textOf(view, 'pyproject.toml'))
  return {
    commands: [
      `uv sync${mode} --no-dev ${workspace || local ? '--no-install-workspace' : '--no-install-project'} --inexact`,
      ...(isPackage ? [`uv pip install --python .venv/bin/python ${backend}`] : []),
    ],
    files:
      project.dynamic || local
        ? ['.']
        : [
            ...new Set([
              ...having(view, 'pyproject.toml', 'uv.lock', 'uv.toml', '.python-version'),
              ...members,
            ]),
          ],
    env: uvEnv(python),
    caches: ['uv'],
    own:
      isPackage || workspace
        ? [`uv sync${mode} --no-dev --offline --inexact --no-build-isolation`, FORGET_TIMES]
        : [],
  }
}

const uvEnv = (python: Interpreter) => ({
  UV_CACHE_DIR: '/cache/uv',
  UV_LINK_MODE: 'copy',
  UV_PYTHON_DOWNLOADS: 'never',
  UV_PYTHON: python.program,
  UV_NO_PROGRESS: '1',
  PYC_INVALIDATION_MODE: 'UNCHECKED_HASH',
})

/** Only what one member of a workspace needs; the packages of the repository among it come with the build. */
function byUvWorkspace({ settings }: PlanContext, { python }: InstallParts, workspace: UvWorkspace): How {
  const frozen = override(settings, 'SKYPANEL_LOCK')?.value !== 'loose'
  const sync = `uv sync${frozen ? ' --locked' : ''} --no-dev --package ${workspace.name}`
  const backends = [...new Set(workspace.needed.flatMap(({ project }) => project.backend))].map(shellWord)
  return {
    commands: [
      `${sync} --no-install-workspace --inexact`,
      ...(backends.length > 0
        ? [`uv pip install --python .venv/bin/python ${[...backends, 'editables'].join(' ')}`]
        : []),
    ],
    files: workspaceManifests(workspace),
    env: uvEnv(python),
    caches: ['uv'],
    own: backends.length > 0 ? [`${sync} --offline --inexact --no-build-isolation`, FORGET_TIMES] : [],
  }
}

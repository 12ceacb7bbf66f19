import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()
const json = (value: unknown): string => JSON.stringify(value)
const repository = {
  'README.md': '',
  'api/requirements.txt': 'flask\n',
  'api/app.py': 'app = Flask(__name__)\n',
  'site/index.html': '',
}

const planned = (files: Record<string, string>, config: Record<string, string> = {}) =>
  planApp(openFolder(sourceFolder(files)), settingsFrom(config, 'test'), providers)

describe('an app in a folder of its repository', () => {
  it.each([
    [{ SKYPANEL_ROOT: 'api' }, {}, 'api', 'python'],
    [{ PROJECT_PATH: 'site/' }, {}, 'site', 'static'],
    [{}, { 'skypanel.toml': 'root = "./api"\n' }, 'api', 'python'],
    [{ SKYPANEL_ROOT: 'site' }, { 'skypanel.toml': 'root = "api"\n' }, 'site', 'static'],
  ])('is found by %j %j', (config, more, root, provider) => {
    const result = planned({ ...repository, ...more }, config)
    if (!result.ok) throw new Error(result.message)
    expect(result.plan.source.root).toBe(root)
    expect(result.plan.detected[0]?.provider).toBe(provider)
  })

  it.each(['nowhere', '../..', '/etc', 'api/../../etc'])('is refused where the folder is %s', (root) => {
    const result = planned(repository, { SKYPANEL_ROOT: root })
    expect(result.ok ? '' : result.message).toContain('SKYPANEL_ROOT names the folder')
  })

  it('of a workspace is built from the root, and what it does without is no input', () => {
    const files = {
      'package.json': json({ name: 'all', private: true, workspaces: ['apps/*', 'packages/*'] }),
      'package-lock.json': '{"lockfileVersion": 3}',
      'tsconfig.base.json': '{}',
      'tools/release.sh': '',
      'apps/web/package.json': json({
        name: 'web',
        scripts: { build: 'tsc', start: 'node dist/main.js' },
        dependencies: { ui: '*' },
      }),
      'apps/admin/package.json': json({ name: 'admin', scripts: { build: 'tsc' } }),
      'packages/ui/package.json': json({
        name: 'ui',
        scripts: { build: 'tsc' },
        dependencies: { words: '*' },
      }),
      'packages/words/package.json': json({ name: 'words', scripts: { build: 'tsc' } }),
      'packages/unused/package.json': json({ name: 'unused', scripts: { build: 'tsc' } }),
      'packages/unused/src/index.ts': '',
    }
    const result = planned(files, { SKYPANEL_ROOT: 'apps/web' })
    if (!result.ok) throw new Error(result.message)
    const build = result.plan.steps.find(({ name }) => name === 'build')
    expect(result.plan.source.root).toBe('.')
    expect(build?.commands).toEqual([
      'npm --prefix packages/words run build',
      'npm --prefix packages/ui run build',
      'npm --prefix apps/web run build',
    ])
    expect(build?.inputs.files).toEqual([
      'apps/web',
      'package-lock.json',
      'package.json',
      'packages/ui',
      'packages/words',
      'tools',
      'tsconfig.base.json',
    ])
    expect(result.plan.release.processes['web']?.command).toBe('cd apps/web && exec node dist/main.js')
  })

  it('is taken by itself where it is the only one of a workspace that can be served', () => {
    const files = {
      'package.json': json({ private: true, workspaces: ['apps/*', 'packages/*'] }),
      'apps/web/package.json': json({ name: 'web', scripts: { start: 'node .' } }),
      'apps/web/index.js': '',
      'packages/ui/package.json': json({ name: 'ui', scripts: { build: 'tsc' } }),
    }
    const result = planned(files)
    if (!result.ok) throw new Error(result.message)
    expect(result.plan.release.processes['web']?.command).toBe('cd apps/web && exec node .')
    expect(result.plan.notes.map(({ code }) => code)).toContain('node.workspace.member')
  })

  it('has to be named where there are several', () => {
    const files = {
      'package.json': json({ private: true, workspaces: ['apps/*'] }),
      'apps/api/package.json': json({ name: 'api', scripts: { start: 'node .' } }),
      'apps/web/package.json': json({ name: 'web', scripts: { start: 'node .' } }),
    }
    const several = planned(files)
    expect(several.ok ? '' : several.hint).toContain('set SKYPANEL_ROOT=apps/api')
    const apart = planned(repository)
    expect(apart.ok ? '' : apart.hint).toBe(
      'These folders look like apps: api, site. Name the one to deploy, as in SKYPANEL_ROOT=api.',
    )
  })
})

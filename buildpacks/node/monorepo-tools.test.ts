import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../../test/support/folder.ts'
import { planApp } from '../detect.ts'
import { openFolder } from '../file-view.ts'
import { loadProviders } from '../providers.ts'
import { settingsFrom } from '../settings.ts'
import { moonCommand, moonNeeds, moonProjects } from './moon.ts'
import { nxNeeds, nxOutput } from './nx.ts'

const providers = await loadProviders()
const json = (value: unknown) => JSON.stringify(value)
const viewOf = (files: Record<string, string>) => openFolder(sourceFolder(files))
const plan = (files: Record<string, string>, config: Record<string, string> = {}) => {
  const result = planApp(viewOf(files), settingsFrom(config, 'test'), providers)
  if (!result.ok) throw new Error(`${result.message} ${result.hint}`)
  return result.plan
}
const target = (executor: string, options: Record<string, unknown>) =>
  json({ name: 'web', projectType: 'application', targets: { build: { executor, options } } })
const nx = {
  'nx.json': '{}',
  'package.json': json({
    scripts: { start: 'nx serve web' },
    dependencies: { express: '5', react: '19', next: '16' },
    devDependencies: { nx: '22', vite: '7' },
  }),
}

describe('an app of an Nx repository', () => {
  it.each([
    ['@nx/vite:build', { outputPath: 'dist/apps/web' }, { kind: 'site', dir: '../../dist/apps/web' }],
    ['@nx/angular:application', { outputPath: 'dist/apps/web' }, { dir: '../../dist/apps/web/browser' }],
    ['@angular/build:application', { outputPath: { base: 'dist/web' } }, { dir: '../../dist/web/browser' }],
    [
      '@nx/webpack:webpack',
      { target: 'web', outputPath: 'dist/web' },
      { kind: 'site', dir: '../../dist/web' },
    ],
    [
      '@nx/webpack:webpack',
      { target: 'node', outputPath: 'dist/apps/web', main: 'apps/web/src/main.ts' },
      { kind: 'server', start: 'node ../../dist/apps/web/main.js' },
    ],
    ['@nx/vite:build', { outputPath: '{projectRoot}/out' }, { kind: 'site', dir: 'out' }],
    ['@nx/esbuild:esbuild', { outputPath: '../../outside' }, null],
  ])('whose target is %s with %j is served from where that puts it', (executor, options, output) => {
    const found = nxOutput(viewOf({ ...nx, 'apps/web/project.json': target(executor, options) }), 'apps/web')
    if (output === null) expect(found).toBeNull()
    else expect(found).toMatchObject(output)
  })

  it('is found at the root, where it is the only one, though the start script is for development', () => {
    const files = {
      ...nx,
      'apps/web/project.json': target('@nx/vite:build', { outputPath: 'dist/apps/web' }),
      'apps/web-e2e/project.json': json({ projectType: 'application' }),
      'libs/ui/project.json': json({ projectType: 'library' }),
    }
    const made = plan(files)
    expect(made.steps.find(({ name }) => name === 'build')?.commands.at(0)).toBe('nx run web:build')
    expect(made.release.static?.dir).toBe('dist/apps/web')
    expect(made.notes.map(({ code }) => code)).toContain('node.workspace.member')
  })

  it('is not taken for the framework of another app beside it', () => {
    const files = { ...nx, 'apps/web/project.json': json({ name: 'web', projectType: 'application' }) }
    const result = planApp(viewOf(files), settingsFrom({ SKYPANEL_ROOT: 'apps/web' }, 'test'), providers)
    expect(result.ok ? result.plan.release.processes : result.message).not.toMatchObject({
      web: { from: 'Next.js' },
    })
  })

  it('needs what it imports by an alias or a path, what its targets name, and what it says', () => {
    const files = {
      ...nx,
      'tsconfig.base.json':
        '{ "compilerOptions": { "paths": { "@shop/ui": ["libs/ui/src/index.ts"], "@shop/lib/*": ["libs/lib/src/*"] } } }',
      'apps/web/project.json':
        '{ "implicitDependencies": ["words"], "targets": { "build": { "options": { "assets": ["libs/assets/img"] } } } }',
      'apps/web/src/main.ts':
        "import { a } from '@shop/ui'\nimport b from '@shop/lib/deep'\nexport * from '../../../libs/near/src'\n",
    }
    const folders = [
      'apps/web',
      'libs/ui',
      'libs/lib',
      'libs/assets',
      'libs/near',
      'libs/words',
      'libs/other',
    ]
    expect(nxNeeds(viewOf(files), 'apps/web', folders).sort()).toEqual([
      'libs/assets',
      'libs/lib',
      'libs/near',
      'libs/ui',
      'words',
    ])
  })
})

describe('an app of a Moon repository', () => {
  const moon = {
    '.moon/workspace.yml': "projects:\n  web: 'apps/web'\n  words: packages/words\n",
    'package.json': json({ workspaces: ['apps/*', 'packages/*'], devDependencies: {} }),
    'apps/web/package.json': json({ name: '@shop/web', scripts: { start: 'node dist/main.js' } }),
    'apps/web/moon.yml':
      "dependsOn:\n  - id: 'words'\n    scope: build\ntasks:\n  build:\n    command: 'tsc -b'\n  test:\n    command: 'jest'\n",
    'packages/words/package.json': json({ name: '@shop/words' }),
    'packages/words/moon.yml': 'tasks:\n  build:\n    script: tsc\n',
    'packages/other/package.json': json({ name: '@shop/other' }),
    'packages/other/moon.yml': "id: 'named'\ntasks:\n  build:\n    command: 'cp $projectRoot/a b'\n",
  }

  it('is built after those that it depends on, by their tasks, where the repository does not bring Moon', () => {
    const build = plan(moon, { SKYPANEL_ROOT: 'apps/web' }).steps.find(({ name }) => name === 'build')
    expect(build?.commands).toEqual(['(cd packages/words && exec tsc)', '(cd apps/web && exec tsc -b)'])
    expect(build?.inputs.files).not.toContain('packages/other')
  })

  it('is known by the name that Moon has for it, and its task by what can be run without Moon', () => {
    const view = viewOf(moon)
    expect(moonProjects(view)).toEqual(
      new Map([
        ['apps/web', 'web'],
        ['packages/words', 'words'],
        ['packages/other', 'named'],
      ]),
    )
    expect(moonNeeds(view, 'apps/web')).toEqual(['words'])
    expect(moonCommand(view, 'packages/other')).toBeNull()
  })
})

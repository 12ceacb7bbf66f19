import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { layersBeneath } from './nix/expression.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()
const plan = (files: Record<string, string>) => {
  const result = planApp(openFolder(sourceFolder(files)), settingsFrom({}, 'test'), providers)
  if (!result.ok) throw new Error(result.message)
  return result.plan
}
const assets = JSON.stringify({ scripts: { build: 'vite build' }, devDependencies: { vite: '^7.0.0' } })

describe('a package.json beside another language', () => {
  it('has its build script run, and what it built is shipped above the source, without its dependencies', () => {
    const made = plan({ 'public/index.php': '', 'package.json': assets })
    expect(made.detected.map(({ provider, role }) => [provider, role])).toEqual([
      ['php', 'main'],
      ['node', 'companion'],
    ])
    expect(made.steps.map(({ name }) => name)).toEqual(expect.arrayContaining(['node-install', 'node-build']))
    expect(made.release.include.map(({ step }) => step)).toEqual(['php-server', 'node-build', 'source'])
    expect(made.tools.find(({ name }) => name === 'node')?.phase).toEqual(['build'])
  })

  it('is built between the dependencies of the main language and its own build', () => {
    const made = plan({ 'composer.json': '{}', 'public/index.php': '', 'package.json': assets })
    expect(made.steps.map(({ name }) => name)).toEqual([
      'install',
      'node-install',
      'node-build',
      'build',
      'php-server',
    ])
    const [, , assetStep, build] = made.steps
    expect(assetStep?.needs).toEqual(['node-install', 'install'])
    expect(build === undefined ? [] : layersBeneath(made, build)).toEqual([
      'install',
      'node-build',
      'node-install',
    ])
    expect(made.release.include.map(({ step }) => step)).toEqual([
      'php-server',
      'build',
      'node-build',
      'install',
    ])
  })

  it('that has nothing to build is left alone', () => {
    const made = plan({ 'public/index.php': '', 'package.json': '{"devDependencies":{"prettier":"3"}}' })
    expect(made.detected).toHaveLength(1)
    expect(made.steps.map(({ name }) => name)).toEqual(['php-server'])
  })

  it('that cannot be understood is told, and the app is built without it', () => {
    const made = plan({ 'public/index.php': '', 'package.json': '{' })
    expect(made.detected).toHaveLength(1)
    expect(made.notes.map(({ code }) => code)).toContain('companion.skipped')
  })

  it('does not make an app of another language one of Node, unless nothing else can be started', () => {
    const start = JSON.stringify({ scripts: { start: 'node server.js' } })
    expect(plan({ 'config.ru': '', Gemfile: '', 'package.json': start }).detected[0]?.provider).toBe('ruby')
    expect(plan({ 'pom.xml': '', 'package.json': start }).detected[0]?.provider).toBe('java')
    expect(plan({ Gemfile: 'gem "fastlane"', 'package.json': start }).detected[0]?.provider).toBe('node')
  })
})

import { describe, expect, test } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()
const APP = {
  'package.json': '{"name":"x","scripts":{"build":"make-it"},"dependencies":{"left-pad":"1"}}',
  'package-lock.json': '{"lockfileVersion":3,"packages":{}}',
  'server.js': '',
}

function planned(toml: string) {
  const folder = sourceFolder({ ...APP, Procfile: 'web: node server.js\n', 'skypanel.toml': toml })
  const result = planApp(openFolder(folder), settingsFrom({}, 'test'), providers)
  if (!result.ok) throw new Error(result.message)
  return result.plan
}

describe('folders that an app names as caches', () => {
  test('are found by the build as the last one on that branch left them, and are not shipped', () => {
    const plan = planned('cache = [".parcel-cache", "packages/web/.turbo/"]\n')
    const build = plan.steps.find(({ name }) => name === 'build')
    expect(build?.caches.map((name) => plan.caches[name]?.scope)).toEqual(['app+branch', 'app+branch'])
    expect(build?.commands[0]).toMatch(/ln -sfn \/cache\/own-parcel-cache-\w+ \.parcel-cache/)
    expect(build?.commands.at(-1)).toBe('rm -f .parcel-cache packages/web/.turbo')
  })

  test('that lie outside of it, or would run as commands, are left out and told', () => {
    const plan = planned('cache = ["../other", "a; rm -rf /", ".", 7]\n')
    expect(plan.steps.find(({ name }) => name === 'build')?.caches ?? []).toEqual([])
    expect(plan.notes.filter(({ code }) => code === 'cache.folder')).toHaveLength(4)
    expect(JSON.stringify(plan.steps)).not.toContain('rm -rf /"')
  })
})

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()

describe('a lifecycle script', () => {
  it('of the app is taken out of the manifest for the install, and nothing else is', () => {
    const manifest = {
      name: 'x',
      scripts: { postinstall: 'exit 1', prepare: 'exit 1', build: 'tsc' },
      dependencies: { a: '1' },
    }
    const files = {
      'package.json': JSON.stringify(manifest),
      'index.js': '',
      'package-lock.json': '{}',
    }
    const folder = sourceFolder(files)
    const planned = planApp(openFolder(folder), settingsFrom({}, 'test'), providers)
    const steps = planned.ok ? planned.plan.steps : []
    const [strip = '', install] = steps[0]?.commands ?? []
    expect(install).toMatch(/^npm ci /)
    execFileSync('bash', ['-euo', 'pipefail', '-c', strip], { cwd: folder })
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toEqual({
      ...manifest,
      scripts: { build: 'tsc' },
    })
    expect(steps.at(-1)?.commands).toEqual(['npm run postinstall', 'npm run prepare', 'npm run build'])
  })
})

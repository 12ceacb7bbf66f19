import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const root = fileURLToPath(new URL('.', import.meta.url))
const providers = await loadProviders()

/** `fixtures/<app>/expect.json` is what the app's plan has to be; UPDATE_EXPECT=1 writes it anew, for the diff to be read. */
for (const { manifest } of providers) {
  const folder = join(root, manifest.name, 'fixtures')
  describe(`an app like those of ${manifest.name}/fixtures`, () => {
    it.each(readdirSync(folder))('is planned as %s/expect.json says', (name) => {
      const app = join(folder, name)
      const config = existsSync(join(app, 'config.json'))
        ? (JSON.parse(readFileSync(join(app, 'config.json'), 'utf8')) as Record<string, string>)
        : {}
      const result = planApp(openFolder(app), settingsFrom(config, 'skypanel test'), providers)
      // What other languages say of it is no part: a new one must not change every expectation.
      const planned = result.ok
        ? result
        : { ...result, asked: result.asked.filter(({ provider }) => provider === manifest.name) }
      const text = `${JSON.stringify(planned, null, 2)}\n`
      const expected = join(app, 'expect.json')
      if (process.env['UPDATE_EXPECT'] === '1') writeFileSync(expected, text)
      expect(text).toBe(readFileSync(expected, 'utf8'))
      expect(planned.ok).toBe(!name.startsWith('refused-'))
      const chosen = planned.ok ? planned.plan.detected[0]?.provider : manifest.name
      expect(chosen).toBe(manifest.name)
    })
  })
}

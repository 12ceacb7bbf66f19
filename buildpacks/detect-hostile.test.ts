import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { BuildPlan } from './plan.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()
const folder = mkdtempSync(join(tmpdir(), 'skypanel-hostile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const words = fc.constantFrom(
  'start',
  'build',
  'npm run build',
  'npm start && node .',
  '$(x)',
  "'",
  'a"b',
  '../..',
  'constructor',
  '__proto__',
  '22',
  '>=18',
  'node -e "',
  '\u0000',
  '*',
  '**/*',
  'packages/*',
  'file:.',
)
const leaf = fc.oneof(words, fc.string(), fc.integer(), fc.constant(null), fc.boolean())
const field = fc.oneof(leaf, fc.array(leaf, { maxLength: 4 }), fc.dictionary(words, leaf, { maxKeys: 4 }))
const names = fc.constantFrom(
  'main',
  'scripts',
  'engines',
  'dependencies',
  'devDependencies',
  'workspaces',
  'packageManager',
)
const manifest = fc.dictionary(names, field).map((value) => JSON.stringify(value))
const text = fc.oneof(
  fc.string(),
  fc.array(fc.oneof(words, fc.string()), { maxLength: 6 }).map((lines) => lines.join('\n')),
)

describe('whatever stands in its files, an app', () => {
  it('gets a valid plan or a refusal in words, never a crash', () => {
    const app = fc.record(
      {
        'package.json': fc.oneof(manifest, text),
        Procfile: text,
        '.nvmrc': text,
        'requirements.txt': text,
        'app.py': text,
        'manage.py': text,
        Staticfile: text,
        'index.html': text,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        app,
        fc.dictionary(
          fc.constantFrom('SKYPANEL_NODE_VERSION', 'SKYPANEL_START_CMD', 'SKYPANEL_BUILDPACK'),
          text,
        ),
        (files, config) => {
          const here = mkdtempSync(join(folder, 'app-'))
          for (const [path, content] of Object.entries(files)) writeFileSync(join(here, path), content)
          const planned = planApp(openFolder(here), settingsFrom(config, 'test'), providers)
          rmSync(here, { recursive: true, force: true })
          if (planned.ok) expect(BuildPlan.parse(planned.plan)).toEqual(planned.plan)
          else expect(planned.message.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 60 },
    )
  })
  const many = (word: string, times: number): string => word.repeat(times)
  const json = (value: unknown): string => JSON.stringify(value)
  it.each<[string, Record<string, string>]>([
    [
      'a settings file of newlines',
      {
        'requirements.txt': 'django',
        'manage.py': "'DJANGO_SETTINGS_MODULE', 'a'",
        'a.py': many('\n', 250_000),
      },
    ],
    [
      'settings that import themselves',
      {
        'requirements.txt': 'django',
        'manage.py': "'DJANGO_SETTINGS_MODULE', 'a'",
        'a.py': many('from .a import *\n', 14_000),
      },
    ],
    [
      'scripts of one word',
      {
        'package.json': json({
          scripts: { build: many('vite build ', 90_000) },
          dependencies: { vite: '1' },
        }),
      },
    ],
    [
      'a script of npm runs',
      {
        'package.json': json({
          scripts: { start: many('npm run start && ', 60_000), build: many('npm run build ', 9_000) },
        }),
      },
    ],
    [
      'an endless range',
      { 'package.json': json({ scripts: { start: 'node .' }, engines: { node: many('1||', 300_000) } }) },
    ],
    [
      'endless workspaces',
      { 'package.json': json({ main: 'a.js', workspaces: Array(50_000).fill('*/**/*a*') }), 'a.js': '' },
    ],
    ['a module of one word', { 'app.py': many('a', 250_000), 'main.py': many('x = ', 60_000) }],
    ['requirements of dots', { 'requirements.txt': many('.', 1_000_000), 'app.py': '' }],
    ['a Staticfile of spaces', { Staticfile: `root${many(' ', 60_000)}`, 'index.html': '' }],
    ['a Procfile of quotes', { Procfile: `web: npm run ${many('"', 60_000)}`, 'package.json': '{}' }],
  ])('made of %s is planned or refused at once', (_, files) => {
    const here = mkdtempSync(join(folder, 'app-'))
    for (const [path, content] of Object.entries(files)) writeFileSync(join(here, path), content)
    const planned = planApp(openFolder(here), settingsFrom({}, 'test'), providers)
    expect(typeof planned.ok).toBe('boolean')
  })
})

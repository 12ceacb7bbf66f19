import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planFolder } from './plan-folder.ts'
import { loadProviders } from './providers.ts'

type Files = Readonly<Record<string, string | Uint8Array>>

const json = (value: unknown): string => JSON.stringify(value)

describe('a language', () => {
  const manifest = { name: 'shell', title: 'Shell', order: 1, detect: { all: ['start.sh'], weight: 0.8 } }
  const code = `export function plan() { return { ok: true, tools: [], steps: [], caches: {}, include: [{ step: 'source', paths: ['.'] }], env: {}, static: null, processes: { web: { command: 'sh start.sh', from: 'start.sh' } }, notes: [] } }`

  it('is added by adding a folder', async () => {
    const root = sourceFolder({
      'shell/provider.json': json(manifest),
      'shell/plan.mjs': code,
      'other/readme': '',
    })
    const result = await planFolder(sourceFolder({ 'start.sh': '' }), {
      builder: 'test',
      inventories: null,
      versions: 'open',
      now: 0,
      roots: { modulesRoot: root },
    })
    expect(result).toMatchObject({
      ok: true,
      plan: {
        detected: [{ provider: 'shell' }],
        release: { processes: { web: { command: 'sh start.sh' } } },
      },
    })
  })

  it('is added by dropping its folder beside the others, and takes no app from them', async () => {
    const ours = fileURLToPath(new URL('.', import.meta.url))
    const root = mkdtempSync(join(tmpdir(), 'skypanel-languages-'))
    onTestFinished(() => rmSync(root, { recursive: true, force: true }))
    const copy = join(root, 'buildpacks')
    cpSync(ours, copy, {
      recursive: true,
      filter: (path) => !/\/(?:fixtures|nix|dist)$|\.test\.ts$|tsconfig\.json$/.test(path),
    })
    symlinkSync(join(ours, '..', 'node_modules'), join(root, 'node_modules'))
    cpSync(
      sourceFolder({
        'provider.json': json({
          ...manifest,
          name: 'fortran',
          order: 99,
          detect: { all: ['main.f90'], weight: 0.8 },
        }),
        'plan.mjs': code.replaceAll('sh start.sh', './main'),
      }),
      join(copy, 'fortran'),
      { recursive: true },
    )
    const options = {
      builder: 'test',
      inventories: null,
      versions: 'open',
      now: 0,
      roots: { modulesRoot: copy },
    } as const
    const chosen = async (files: Files) => {
      const result = await planFolder(sourceFolder(files), options)
      return result.ok ? result.plan.detected[0]?.provider : result.message
    }
    expect(await chosen({ 'main.f90': '' })).toBe('fortran')
    expect(await chosen({ 'main.f90': '', 'Cargo.toml': '[package]\nname = "x"\n', 'src/main.rs': '' })).toBe(
      'rust',
    )
    expect((await loadProviders({ modulesRoot: copy })).length).toBe((await loadProviders()).length + 1)
  })

  it.each<[string, Files, RegExp]>([
    [
      'whose folder has another name',
      { 'sh/provider.json': json(manifest), 'sh/plan.mjs': code },
      /names "shell", but its folder is "sh"/,
    ],
    ['without a plan', { 'shell/provider.json': json(manifest) }, /has no plan module/],
    [
      'whose manifest has a misspelt key',
      { 'shell/provider.json': json({ ...manifest, ordre: 2 }), 'shell/plan.mjs': code },
      /ordre/,
    ],
    ['of which there is none', { readme: '' }, /No language found/],
  ])('%s is reported instead of left out', async (_, files, message) => {
    await expect(loadProviders({ modulesRoot: sourceFolder(files) })).rejects.toThrow(message)
  })

  it('is found from the compiled output with the JSON files beside it', async () => {
    const here = fileURLToPath(new URL('.', import.meta.url))
    const assets = sourceFolder({})
    for (const name of ['node', 'python', 'static']) {
      mkdirSync(join(assets, name))
      cpSync(join(here, name, 'provider.json'), join(assets, name, 'provider.json'))
    }
    const loaded = await loadProviders({ modulesRoot: here, assetsRoot: assets })
    expect(loaded.map((provider) => provider.manifest.name)).toEqual(['python', 'node', 'static'])
  })
})

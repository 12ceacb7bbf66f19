import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Tool } from '../../buildpacks/plan.ts'
import type { ProviderManifest } from '../../buildpacks/provider.ts'
import { loadProviders } from '../../buildpacks/providers.ts'

const buildpacks = fileURLToPath(new URL('../../buildpacks', import.meta.url))

/** How far an app like it was tried: answered for real, planned, or refused with a reason. */
export type Tried = 'served' | 'planned' | 'refused'

export interface Fixture {
  readonly name: string
  readonly tried: Tried
}

export interface LanguageFacts {
  readonly manifest: ProviderManifest
  readonly fixtures: readonly Fixture[]
  /** Where the tools of its plans come from. */
  readonly sources: readonly string[]
}

const Expected = z.object({ plan: z.object({ tools: z.array(Tool) }).optional() })

/** What the folders of the languages say. */
export async function languageFacts(): Promise<LanguageFacts[]> {
  const providers = await loadProviders()
  return providers.map(({ manifest }) => {
    const folder = join(buildpacks, manifest.name, 'fixtures')
    const names = readdirSync(folder).sort()
    const sources = names.flatMap((name) => {
      const expected = Expected.parse(JSON.parse(readFileSync(join(folder, name, 'expect.json'), 'utf8')))
      return (expected.plan?.tools ?? []).map(({ source }) => source)
    })
    return {
      manifest,
      fixtures: names.map((name) => ({ name, tried: triedOf(folder, name) })),
      sources: [...new Set(sources)].sort(),
    }
  })
}

function triedOf(folder: string, name: string): Tried {
  if (existsSync(join(folder, name, 'serve.json'))) return 'served'
  return name.startsWith('refused-') ? 'refused' : 'planned'
}

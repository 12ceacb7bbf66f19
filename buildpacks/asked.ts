import { choose } from './ask.ts'
import { askAll } from './detect.ts'
import { openFolder } from './file-view.ts'
import { loadProviders, type ProviderRoots } from './providers.ts'
import { settingsFrom } from './settings.ts'

/** What one language said of an app. */
export interface AskedLanguage {
  readonly provider: string
  /** 0 to 1; 0: not this language. */
  readonly confidence: number
  readonly evidence: readonly string[]
  readonly why: string
  readonly chosen: boolean
}

/** Who was asked about a folder, in the order of asking, what matched, and why the others were not taken. */
export async function askedAbout(
  folder: string,
  config: Readonly<Record<string, string>> = {},
  roots: ProviderRoots = {},
): Promise<
  { ok: true; root: string; asked: AskedLanguage[] } | { ok: false; message: string; hint: string }
> {
  const settings = settingsFrom(config, '')
  const looked = askAll(openFolder(folder), settings, await loadProviders(roots))
  if (!looked.ok) return looked
  const chosen = choose(looked.candidates, looked.named)
  const asked = looked.candidates.map((one) => ({
    provider: one.provider.manifest.name,
    confidence: one.found.confidence,
    evidence: one.found.evidence,
    why: one.found.why,
    chosen: one === chosen,
  }))
  return { ok: true, root: looked.root, asked }
}

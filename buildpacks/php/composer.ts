import { z } from 'zod'
import type { FileView } from '../file-view.ts'

const Names = z.record(z.string(), z.string()).catch({})
const Manifest = z.object({
  require: Names,
  config: z.object({ platform: Names }).partial().catch({}),
  scripts: z.record(z.string(), z.unknown()).catch({}),
  repositories: z.unknown().optional(),
  autoload: z.record(z.string(), z.unknown()).catch({}),
})
const Lock = z.object({
  packages: z.array(z.object({ name: z.string(), require: Names })).catch([]),
  platform: Names,
})

export interface Composer {
  readonly ok: true
  readonly used: boolean
  readonly locked: boolean
  /** Packages of the release, without `php` and `ext-…`. */
  readonly packages: ReadonlySet<string>
  /** Extensions that the app or its packages name, without `ext-`. */
  readonly extensions: ReadonlySet<string>
  /** The range of PHP that the app asks for. */
  readonly php: string | null
  readonly scripts: ReadonlySet<string>
  /** Folders that repositories of type `path` name. */
  readonly local: readonly string[]
}

/** composer.json and composer.lock; a message where the first is not JSON. */
export function readComposer(view: FileView): Composer | { ok: false; message: string } {
  const file = view.read('composer.json')
  const text = view.read('composer.lock', 8 << 20)
  if (!file.ok) {
    if (file.reason !== 'missing')
      return { ok: false, message: `composer.json cannot be read (${file.reason})` }
    const none = new Set<string>()
    return {
      ok: true,
      used: false,
      locked: false,
      packages: none,
      extensions: none,
      php: null,
      scripts: none,
      local: [],
    }
  }
  let manifest: z.infer<typeof Manifest>
  try {
    manifest = Manifest.parse({
      require: {},
      config: {},
      scripts: {},
      autoload: {},
      ...(JSON.parse(file.text) as object),
    })
  } catch {
    return { ok: false, message: 'composer.json is not valid JSON' }
  }
  const lock = text.ok ? lockOf(text.text) : null
  const names = [
    ...Object.keys(manifest.require),
    ...Object.keys(lock?.platform ?? {}),
    ...(lock?.packages ?? []).flatMap((one) => [one.name, ...Object.keys(one.require)]),
  ]
  return {
    ok: true,
    used: true,
    locked: lock !== null,
    packages: new Set(names.filter((name) => name.includes('/'))),
    extensions: new Set(
      names.flatMap((name) => (name.startsWith('ext-') ? [name.slice(4).toLowerCase()] : [])),
    ),
    php: manifest.config.platform?.['php'] ?? manifest.require['php'] ?? null,
    scripts: new Set(Object.keys(manifest.scripts)),
    local: localOf(manifest.repositories),
  }
}

function lockOf(text: string): z.infer<typeof Lock> | null {
  try {
    return Lock.parse({ packages: [], ...(JSON.parse(text) as object), platform: platformOf(text) })
  } catch {
    return null
  }
}

/** PHP writes an empty object as an empty list. */
function platformOf(text: string): Record<string, string> {
  const platform: unknown = (JSON.parse(text) as { platform?: unknown }).platform
  const parsed = z.record(z.string(), z.string()).safeParse(platform)
  return parsed.success ? parsed.data : {}
}

function localOf(repositories: unknown): string[] {
  if (typeof repositories !== 'object' || repositories === null) return []
  const path = z.object({ type: z.literal('path'), url: z.string() })
  return Object.values(repositories).flatMap((one) => {
    const found = path.safeParse(one)
    const folder = found.success ? found.data.url.replace(/^\.\//, '').replace(/\/?\*?$/, '') : ''
    return folder === '' || folder.startsWith('..') || folder.startsWith('/') ? [] : [folder]
  })
}

import type { FileView } from '../file-view.ts'

export interface Mix {
  /** Of `app: :shop`. */
  readonly app: string | null
  /** Of `elixir: "~> 1.15"`. */
  readonly elixir: string | null
  /** It names dependencies. */
  readonly depends: boolean
  readonly phoenix: boolean
  readonly ecto: boolean
  /** Aliases that are there. */
  readonly deploysAssets: boolean
  /** The first of `releases:`. */
  readonly release: string | null
  readonly local: readonly string[]
}

export function readMix(view: FileView): Mix {
  const file = view.read('mix.exs')
  const text = file.ok ? file.text.replaceAll(/^\s*#.*$/gm, '') : ''
  const one = (pattern: RegExp) => pattern.exec(text)?.[1] ?? null
  const names = [...text.matchAll(/\{\s*:(\w+)\s*,/g)].map(([, name]) => name ?? '')
  return {
    app: one(/\bapp:\s*:(\w+)/),
    elixir: one(/\belixir:\s*"([^"]+)"/),
    depends: names.length > 0,
    phoenix: names.includes('phoenix'),
    ecto: names.includes('ecto_sql'),
    deploysAssets: /"assets\.deploy"/.test(text),
    release: one(/\breleases:\s*\[\s*(\w+):/),
    local: [...text.matchAll(/\bpath:\s*"\.?\/?([\w./-]+)"/g)]
      .map(([, path]) => path ?? '')
      .filter((path) => !path.startsWith('..')),
  }
}

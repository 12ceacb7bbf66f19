import type { FileView } from '../file-view.ts'

export interface Gems {
  /** A Gemfile is there. */
  readonly used: boolean
  readonly locked: boolean
  /** Names in Gemfile.lock, else those in the Gemfile. */
  readonly names: ReadonlySet<string>
  /** Of the Gemfile's `ruby "…"`. */
  readonly ruby: string | null
  /** Of Gemfile.lock's RUBY VERSION. */
  readonly lockedRuby: string | null
  /** Of Gemfile.lock's BUNDLED WITH. */
  readonly bundler: string | null
  /** Folders that `path:` names. */
  readonly local: readonly string[]
  /** Environment variables that the Gemfile's sources read, e.g. BUNDLE_GEMS__EXAMPLE__COM. */
  readonly git: boolean
}

export function readGems(view: FileView): Gems {
  const file = view.read('Gemfile')
  const lock = view.read('Gemfile.lock')
  const text = file.ok ? file.text.replaceAll(/^\s*#.*$/gm, '') : ''
  const locked = lock.ok ? lock.text : ''
  const inLock = [...locked.matchAll(/^ {4}([\w.-]+) \(/gm)].map(([, name]) => name ?? '')
  const inFile = [...text.matchAll(/^\s*gem\s*\(?\s*['"]([\w.-]+)['"]/gm)].map(([, name]) => name ?? '')
  return {
    used: file.ok,
    locked: lock.ok,
    names: new Set(lock.ok ? inLock : inFile),
    ruby: /^\s*ruby\s*\(?\s*['"]([^'"]+)['"]/m.exec(text)?.[1] ?? null,
    lockedRuby: /^RUBY VERSION\n\s+ruby ([\d.]+)/m.exec(locked)?.[1] ?? null,
    bundler: /^BUNDLED WITH\n\s+([\d.]+)/m.exec(locked)?.[1] ?? null,
    local: [...text.matchAll(/\bpath:\s*['"]\.?\/?([\w./-]+)['"]/g)]
      .map(([, path]) => path ?? '')
      .filter((path) => !path.startsWith('..')),
    git: /\bgit(?:hub)?:\s*['"]/.test(text),
  }
}

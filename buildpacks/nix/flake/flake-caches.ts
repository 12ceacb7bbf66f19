import { BuildStopped } from '../failure.ts'
import { makeWorkFolder } from '../places.ts'
import { run } from '../spawn.ts'
import type { Store } from '../store.ts'

export interface FlakeCacheOptions {
  /** Addresses of Nix binary caches, by http or https. */
  readonly urls: readonly string[]
  /** Public keys by which what they give is recognised, `NAME:BASE64`. */
  readonly keys: readonly string[]
}

/** How long an answer counts, in milliseconds: a cache that is down must not slow down every build. */
const ANSWERED_MS = 600_000
const SILENT_MS = 60_000
const PATIENCE_MS = 20_000

/** Reads what the operator set. Throws with what is wrong. */
export function parseFlakeCaches(urls: string, keys: string): FlakeCacheOptions {
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== '')
  for (const url of words(urls)) {
    const parsed = URL.canParse(url) ? new URL(url) : null
    if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
      throw new Error(
        `SKYPANEL_FLAKE_CACHES names "${url.replace(/\/\/[^/@]*@/, '//…@')}", which is no http or https address.`,
      )
    if (parsed.username !== '' || parsed.password !== '')
      throw new Error(
        'SKYPANEL_FLAKE_CACHES holds credentials, and builds would see them: name a cache that needs none.',
      )
  }
  for (const key of words(keys))
    if (!/^[\w.-]+:[A-Za-z0-9+/]{43}=$/.test(key))
      throw new Error(
        `SKYPANEL_FLAKE_KEYS names "${key.slice(0, 80)}", which is no public key of the form NAME:BASE64.`,
      )
  if (words(urls).length > 0 && words(keys).length === 0)
    throw new Error(
      'SKYPANEL_FLAKE_CACHES needs SKYPANEL_FLAKE_KEYS: the public keys that sign what the caches give.',
    )
  return { urls: words(urls), keys: words(keys) }
}

/** The Nix binary caches that the operator named, and which of them answer. */
export class FlakeCaches {
  readonly #options: FlakeCacheOptions
  readonly #store: Store
  readonly #asked = new Map<string, { until: number; answers: Promise<boolean> }>()

  constructor(options: FlakeCacheOptions, store: Store) {
    this.#options = options
    this.#store = store
  }

  /** Those that answer, in the operator's order. Answers are remembered. */
  async answering(): Promise<string[]> {
    const { urls } = this.#options
    const answers = await Promise.all(urls.map((url) => this.#answers(url)))
    return urls.filter((_, index) => answers[index])
  }

  async #answers(url: string): Promise<boolean> {
    const before = this.#asked.get(url)
    if (before !== undefined && performance.now() < before.until) return before.answers
    const entry = { until: performance.now() + SILENT_MS, answers: this.#ask(url) }
    this.#asked.set(url, entry)
    if (await entry.answers) entry.until = performance.now() + ANSWERED_MS
    return entry.answers
  }

  async #ask(url: string): Promise<boolean> {
    const { enter, nix } = this.#store
    // Nix remembers for a week what a cache said of itself: it has to ask anew.
    const work = await makeWorkFolder(this.#store)
    const argv = [...enter, ...nix.nix, 'store', 'info', '--store', url]
    const options = ['--option', 'connect-timeout', '5', '--option', 'download-attempts', '1']
    try {
      const { code } = await run([...argv, ...options], {
        env: { ...nix.env, XDG_CACHE_HOME: work.inside },
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      return code === 0
    } finally {
      await work.remove()
    }
  }

  /**
   * Where Nix may take paths from for a flake with these inputs. Throws, with the next step, where it has inputs and
   * no cache is there: without one a build would compile everything from the C library on.
   */
  async needed(inputs: readonly string[]): Promise<{ urls: string[]; keys: readonly string[] }> {
    const urls = await this.answering()
    if (inputs.length === 0 || urls.length > 0) return { urls, keys: this.#options.keys }
    const few = inputs.slice(0, 3).join(', ') + (inputs.length > 3 ? ' …' : '')
    if (this.#options.urls.length === 0)
      throw new BuildStopped(
        'build_failed',
        `flake.nix has inputs (${few}), and this platform has no Nix binary cache to take them from`,
        'Ask the operator to set SKYPANEL_FLAKE_CACHES and SKYPANEL_FLAKE_KEYS, or name the language of the app instead, as in SKYPANEL_BUILDPACK=node.',
      )
    throw new BuildStopped(
      'build_failed',
      `flake.nix has inputs (${few}), and no Nix binary cache answers (${this.#options.urls.map((url) => new URL(url).host).join(', ')})`,
      'Push again in a minute. If it stays, the operator should look at SKYPANEL_FLAKE_CACHES.',
    )
  }

  /** The same, as a step's commands read it. */
  async environment(inputs: readonly string[]): Promise<Record<string, string>> {
    const { urls, keys } = await this.needed(inputs)
    return { SKYPANEL_FLAKE_CACHES: urls.join(' '), SKYPANEL_FLAKE_KEYS: keys.join(' ') }
  }
}

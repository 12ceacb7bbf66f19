import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../spawn.ts'
import type { Store } from '../store.ts'
import { fetchClosure } from './fetch.ts'
import { ensureKey } from './keys.ts'
import type { RemotePlace } from './place.ts'
import { S3 } from './s3.ts'
import { sendFolder } from './send.ts'

export interface RemoteOptions {
  readonly place: RemotePlace
  /** File as the AWS CLI keeps it; null for places that need none. */
  readonly credentials: string | null
  /** Public keys besides our own whose outputs may be used, `NAME:BASE64`. */
  readonly trusted: readonly string[]
  /** Told what went wrong; a cache that does not work never fails a build. */
  readonly warn: (message: string) => void
}

/** After a failure the cache is left alone for so long: a store that is down must not slow down every step. */
const PAUSE_MS = 60_000
const PULL_MS = 300_000

/**
 * A binary cache beside the store: outputs are taken from it instead of being built, and put into it after a build.
 * Debian's Nix cannot talk to S3, so we move the files and Nix reads and writes them as a folder. Whatever comes from
 * a cache has to be signed with a key that we trust, and Nix checks that and every hash.
 */
export class RemoteCache {
  readonly #options: RemoteOptions
  readonly #store: Store
  readonly #folder: string
  readonly #keyFile: string
  readonly #s3: S3 | null
  #pausedUntil = 0
  #pushing: Promise<void> = Promise.resolve()
  #key: Promise<string> | null = null

  /** @param folder for files on their way; @param keyFile the secret key that signs */
  constructor(options: RemoteOptions, store: Store, folder: string, keyFile: string) {
    this.#options = options
    this.#store = store
    this.#folder = folder
    this.#keyFile = keyFile
    const { place, credentials } = options
    if (place.kind === 's3' && credentials === null)
      throw new Error(
        'A build cache on S3 needs SKYPANEL_CACHE_CREDENTIALS: the path of a file with its access key.',
      )
    this.#s3 = place.kind === 's3' && credentials !== null ? new S3(place, credentials) : null
  }

  /** The key by which others recognise what this installation puts into the cache. */
  publicKey(): Promise<string> {
    this.#key ??= ensureKey(this.#store, this.#keyFile)
    return this.#key
  }

  #failed(doing: string, error: unknown): void {
    this.#pausedUntil = performance.now() + PAUSE_MS
    const why = error instanceof Error ? error.message : String(error)
    this.#options.warn(`The build cache is left alone for a minute: ${doing} failed (${why})`)
  }

  async #nix(args: readonly string[], signal?: AbortSignal): Promise<void> {
    const argv = [...this.#store.enter, '/usr/bin/nice', '-n', '19', ...this.#store.nix.nix, ...args]
    const { code, stderr } = await run(argv, {
      env: this.#store.nix.env,
      ...(signal === undefined ? {} : { signal }),
    })
    if (code !== 0) throw new Error(stderr.trim().split('\n').slice(-3).join(' '))
  }

  /** Whether the path is in the store now because the cache had it, signed and whole. */
  async pull(path: string, signal: AbortSignal): Promise<boolean> {
    if (performance.now() < this.#pausedUntil) return false
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const inbox = await mkdtemp(join(this.#folder, 'in-'))
    const { place, trusted } = this.#options
    try {
      if (this.#s3 !== null && !(await fetchClosure(this.#s3, this.#store, path, inbox))) return false
      const keys = [await this.publicKey(), ...trusted].join(' ')
      const from = place.kind === 'nix' ? place.url : `file://${inbox}`
      const options = ['--option', 'require-sigs', 'true', '--option', 'trusted-public-keys', keys]
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PULL_MS)])
      await this.#nix(['copy', '--from', from, ...options, path], patience)
      return true
    } catch (error) {
      // Nix has no other answer for a path that a cache of its own kind does not hold.
      if (error instanceof Error && /does not exist|is not valid|don't know how to build/.test(error.message))
        return false
      if (!signal.aborted) this.#failed(`fetching ${path}`, error)
      return false
    } finally {
      await rm(inbox, { recursive: true, force: true })
    }
  }

  /** Puts paths and all that they refer to into the cache; one push after the other, at low priority. */
  push(paths: readonly string[]): Promise<void> {
    this.#pushing = this.#pushing.then(async () => {
      if (paths.length === 0 || performance.now() < this.#pausedUntil) return
      try {
        await this.#send(paths)
      } catch (error) {
        this.#failed('putting outputs there', error)
      }
    })
    return this.#pushing
  }

  async #send(paths: readonly string[]): Promise<void> {
    await this.publicKey()
    const { place } = this.#options
    const outbox = join(this.#folder, 'out')
    await mkdir(outbox, { recursive: true, mode: 0o700 })
    const to = place.kind === 'nix' ? place.url : `file://${outbox}`
    const settings = `compression=zstd&secret-key=${this.#keyFile}`
    await this.#nix(['copy', '--to', `${to}${to.includes('?') ? '&' : '?'}${settings}`, ...paths])
    if (this.#s3 !== null) await sendFolder(this.#s3, outbox)
  }
}

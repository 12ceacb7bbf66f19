import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { AppId } from '../../server/contract/ids.ts'
import type { PlatformLine } from '../../server/contract/log-feed.ts'
import { AppLog, DEFAULT_LIMITS, type LogLimits } from './app-log.ts'

/** The logs of all apps, opened when they are first needed. */
export class LogStore {
  readonly #folder: string
  readonly #limits: LogLimits
  readonly #logs = new Map<string, AppLog>()
  readonly #destroyed = new Set<string>()

  constructor(folder: string, limits: LogLimits = DEFAULT_LIMITS) {
    this.#folder = folder
    this.#limits = limits
    mkdirSync(folder, { recursive: true, mode: 0o750 })
  }

  /** Makes the log if need be; null for an app whose log was ended. */
  log(app: string): AppLog | null {
    if (this.#destroyed.has(app) || !AppId.safeParse(app).success) return null
    const open = this.#logs.get(app)
    if (open !== undefined) return open
    const log = new AppLog(join(this.#folder, app), this.#limits)
    this.#logs.set(app, log)
    return log
  }

  /** The log if there is one: asking after a made-up app makes nothing. */
  existing(app: string): AppLog | null {
    return this.#logs.has(app) || existsSync(join(this.#folder, app)) ? this.log(app) : null
  }

  /** Lines of the platform; one with line feeds becomes several. Not stored: the log was ended. */
  append(app: string, lines: readonly z.infer<typeof PlatformLine>[], now: number): boolean {
    const log = this.log(app)
    if (log === null) return false
    for (const { process, text } of lines) {
      const key = `platform/${process}`
      const data = Buffer.from(`${text.replace(/\n+$/, '')}\n`)
      log.append({ key, source: 'skypanel', process, stream: 'stdout' }, data, false, now)
      // It has no file whose reading has to be remembered.
      log.forget(key)
    }
    return true
  }

  destroy(app: string): void {
    const log = this.existing(app)
    this.#destroyed.add(app)
    this.#logs.delete(app)
    log?.destroy()
  }

  /** Forgets sources whose instance is gone, so that headers do not grow. */
  prune(instances: ReadonlySet<string>): void {
    for (const app of readdirSync(this.#folder)) {
      const log = AppId.safeParse(app).success ? this.log(app) : null
      for (const key of log?.sources ?? []) {
        if (!instances.has(key.slice(0, key.indexOf('/')))) log?.forget(key)
      }
    }
  }

  close(): void {
    for (const log of this.#logs.values()) log.close()
  }
}

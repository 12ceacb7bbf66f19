import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LogSource } from '../../server/contract/log-feed.ts'
import type { AppLog } from './app-log.ts'
import { SourceTail } from './tail-source.ts'

export const STREAMS = [
  { file: 'out', stream: 'stdout' },
  { file: 'err', stream: 'stderr' },
] as const

/** What an instance's `source.json` says; null while it is not there, or not whole. */
export function readLogSource(folder: string): LogSource | null {
  try {
    return LogSource.parse(JSON.parse(readFileSync(join(folder, 'source.json'), 'utf8')))
  } catch {
    return null
  }
}

/** The two files of one instance. */
export class InstanceSource {
  readonly app: string
  readonly #folder: string
  readonly #tails: readonly SourceTail[]
  #ended = false

  constructor(instance: string, folder: string, about: LogSource, log: AppLog) {
    this.#folder = folder
    this.app = about.app
    this.#ended = about.ended
    this.#tails = STREAMS.map(
      ({ file, stream }) =>
        new SourceTail(log, join(folder, file), {
          key: `${instance}/${file}`,
          source: 'app',
          process: about.process,
          stream,
        }),
    )
  }

  /** Reads a chunk of each file. `done`: the instance has ended and all of it is stored. */
  read(now: number): 'more' | 'drained' | 'done' {
    const states = this.#tails.map((tail) => tail.read(this.#ended, now))
    if (states.includes('more')) return 'more'
    if (this.#ended) return 'done'
    this.#ended = readLogSource(this.#folder)?.ended ?? false
    // What was written between the read above and the end has to be read as well.
    return this.#ended ? 'more' : 'drained'
  }

  grown(): boolean {
    return this.#tails.some((tail) => tail.grown())
  }

  stored(): { readonly path: string; readonly stored: number }[] {
    return this.#tails.map(({ path, stored }) => ({ path, stored }))
  }

  close(): void {
    for (const tail of this.#tails) tail.close()
  }
}

/** Tells the agent that an ended instance's folder may go. */
export function markRead(logsFolder: string, instance: string): void {
  const folder = join(logsFolder, 'read')
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  writeFileSync(join(folder, instance), '')
}

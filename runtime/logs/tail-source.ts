import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { AppLog } from './app-log.ts'
import type { StoredSource } from './segment.ts'

/** Read at once; also the largest batch. One buffer for all sources, as everything here is synchronous. */
const chunk = Buffer.allocUnsafe(1024 * 1024)

/** One file that an instance writes to, read from where the log says it was read to. */
export class SourceTail {
  readonly path: string
  readonly #log: AppLog
  readonly #source: Omit<StoredSource, 'offset'>
  #fd = -1

  constructor(log: AppLog, path: string, source: Omit<StoredSource, 'offset'>) {
    this.#log = log
    this.path = path
    this.#source = source
  }

  get stored(): number {
    return this.#log.offsetOf(this.#source.key)
  }

  /**
   * Stores one chunk. `more`: there may be another; `drained`: all that the file has is stored but for a line that is
   * not whole yet, which `ended` makes whole. Throws when the log cannot take it; nothing is lost then.
   */
  read(ended: boolean, now: number): 'more' | 'drained' {
    if (this.#fd === -1 && !this.#open()) return 'drained'
    const got = readSync(this.#fd, chunk, 0, chunk.length, this.stored)
    if (got === 0) return 'drained'
    const full = got === chunk.length
    const consumed = this.#log.append(this.#source, chunk.subarray(0, got), ended && !full, now)
    return full || (ended && consumed < got) ? 'more' : 'drained'
  }

  /** Whether something came since the last read. */
  grown(): boolean {
    if (this.#fd === -1 && !this.#open()) return false
    return fstatSync(this.#fd).size > this.stored
  }

  #open(): boolean {
    try {
      this.#fd = openSync(this.path, 'r')
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  close(): void {
    if (this.#fd !== -1) closeSync(this.#fd)
    this.#fd = -1
    this.#log.forget(this.#source.key)
  }
}

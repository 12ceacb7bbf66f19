import { existsSync, readdirSync, rmSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import type { AppLog } from './app-log.ts'
import { InstanceSource, markRead, readLogSource } from './instance-source.ts'
import { HolePuncher } from './punch-holes.ts'

const POLL_MS = 1000
/** An instance's folder appears a moment before its `source.json`. */
const SOON_MS = 50
const DISK_RETRY_MS = 1000

interface Known {
  readonly source: InstanceSource
  readonly watcher: FSWatcher | null
}

/**
 * Finds instances, reads what they print into their app's log, and tells when all of an ended one is stored. Woken by
 * inotify; looks by itself every second, should an event be missed.
 */
export class Collector {
  readonly #instances: string
  readonly #logs: string
  readonly #logOf: (app: string) => AppLog | null
  readonly #say: (message: string, facts?: Record<string, unknown>) => void
  readonly #known = new Map<string, Known>()
  readonly #dirty = new Set<string>()
  readonly #holes: HolePuncher
  readonly #poll: NodeJS.Timeout
  #folderWatcher: FSWatcher | null = null
  #turn: NodeJS.Immediate | NodeJS.Timeout | null = null
  #soon: NodeJS.Timeout | null = null
  #complained = false
  #closed = false

  constructor(options: {
    readonly instances: string
    readonly logs: string
    /** The log of an app; null for one that was destroyed: its lines are not kept. */
    readonly logOf: (app: string) => AppLog | null
    readonly say: (message: string, facts?: Record<string, unknown>) => void
  }) {
    this.#instances = options.instances
    this.#logs = options.logs
    this.#logOf = options.logOf
    this.#say = options.say
    this.#holes = new HolePuncher(options.say)
    this.#poll = setInterval(() => this.#look(), POLL_MS)
    this.#look()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#poll)
    if (this.#soon !== null) clearTimeout(this.#soon)
    this.#folderWatcher?.close()
    for (const { watcher } of this.#known.values()) watcher?.close()
  }

  #look(): void {
    if (this.#closed) return
    this.#folderWatcher ??= watched(this.#instances, () => this.#lookSoon())
    const present = new Set(namesIn(this.#instances))
    for (const instance of present) {
      const known = this.#known.get(instance)
      if (known === undefined) this.#discover(instance)
      else if (known.source.grown()) this.#dirty.add(instance)
    }
    for (const [instance, known] of this.#known) {
      if (!present.has(instance)) this.#leave(instance, known)
    }
    this.#tidyMarks(present)
    this.#schedule()
  }

  #lookSoon(): void {
    if (this.#soon !== null) return
    this.#soon = setTimeout(() => {
      this.#soon = null
      this.#look()
    }, SOON_MS)
  }

  #discover(instance: string): void {
    if (existsSync(join(this.#logs, 'read', instance))) return
    const folder = join(this.#instances, instance, 'log')
    const about = readLogSource(folder)
    if (about === null) return
    const log = this.#logOf(about.app)
    if (log === null) {
      markRead(this.#logs, instance)
      return
    }
    const wake = () => {
      this.#dirty.add(instance)
      this.#schedule()
    }
    const source = new InstanceSource(instance, folder, about, log)
    this.#known.set(instance, { source, watcher: watched(folder, wake) })
    this.#dirty.add(instance)
  }

  /** Nothing more will be read: all is stored, or the folder is gone. */
  #leave(instance: string, known: Known): void {
    known.watcher?.close()
    known.source.close()
    for (const { path } of known.source.stored()) this.#holes.forget(path)
    this.#known.delete(instance)
    this.#dirty.delete(instance)
  }

  /** Marks are needed as long as the folder is there. */
  #tidyMarks(present: ReadonlySet<string>): void {
    const marks = join(this.#logs, 'read')
    for (const instance of namesIn(marks)) {
      if (!present.has(instance)) rmSync(join(marks, instance), { force: true })
    }
  }

  #schedule(): void {
    if (this.#turn !== null || this.#dirty.size === 0 || this.#closed) return
    this.#turn = setImmediate(() => this.#step())
  }

  /** A chunk of every source that has news, so that a loud one does not silence the others. */
  #step(): void {
    this.#turn = null
    if (this.#closed) return
    for (const instance of this.#dirty) {
      const known = this.#known.get(instance)
      if (known === undefined) {
        this.#dirty.delete(instance)
        continue
      }
      try {
        this.#read(instance, known)
      } catch (error) {
        this.#wait(error)
        return
      }
    }
    this.#complained = false
    this.#schedule()
  }

  #read(instance: string, known: Known): void {
    const state = known.source.read(Date.now())
    for (const { path, stored } of known.source.stored()) void this.#holes.punch(path, stored)
    if (state === 'more') return
    this.#dirty.delete(instance)
    if (state === 'drained') return
    // The mark first: after it nobody asks again how far this one was read.
    markRead(this.#logs, instance)
    this.#leave(instance, known)
  }

  /** The disk is full, most likely. Nothing is lost: instances' files are read when there is room again. */
  #wait(error: unknown): void {
    if (!this.#complained)
      this.#say('logs cannot be stored and wait where they are', { error: String(error) })
    this.#complained = true
    this.#turn = setTimeout(() => {
      this.#turn = null
      this.#schedule()
    }, DISK_RETRY_MS)
  }
}

/** Names in a folder; none while it is not made yet. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function watched(folder: string, changed: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, changed)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}

import { type LogLine, logEndpoints } from '../../../server/contract/logs.ts'
import { call } from '../../api/call.ts'
import type { Live } from '../../live/live.ts'
import { LogBuffer, type LogFilter, MAX_LINES } from '../../log/log-buffer.ts'

/** Small enough to be read and put in place between two frames, even on a slow machine. */
const PAGE = 2500
const FIRST = 1000
/** Lines that a changed filter looks at before the page may draw again. */
const STEP = 10_000

export interface LogState {
  readonly version: number
  /** The first answer is there, be it empty. */
  readonly ready: boolean
  readonly hasOlder: boolean
  readonly loading: boolean
  readonly ended: boolean
  readonly failure: unknown
}

/** An app's log as one page shows it: its end first, what comes as it comes, older lines when they are looked for. */
export class AppLog {
  readonly buffer = new LogBuffer()
  readonly #app: string
  readonly #listeners = new Set<() => void>()
  readonly #leave = new AbortController()
  #state: LogState = { version: 0, ready: false, hasOlder: true, loading: false, ended: false, failure: null }
  #frame = 0
  #wantsAll = false

  constructor(app: string) {
    this.#app = app
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  readonly state = (): LogState => this.#state

  /** Until the signal of `close`. The last lines come by REST, so that they are there before the connection is. */
  async open(live: Live): Promise<void> {
    await this.#load(FIRST)
    if (this.#leave.signal.aborted) return
    const follower = {
      source: { kind: 'log', app: this.#app } as const,
      after: this.buffer.last,
      lines: FIRST,
      onLines: (lines: readonly { readonly seq: number }[]) => {
        this.buffer.append(lines as readonly LogLine[])
        follower.after = this.buffer.last
        this.#tell({})
      },
      onEnd: () => this.#tell({ ended: true }),
    }
    const unfollow = live.follow(follower)
    this.#leave.signal.addEventListener('abort', unfollow, { once: true })
  }

  close(): void {
    this.#leave.abort()
    cancelAnimationFrame(this.#frame)
    this.#listeners.clear()
  }

  setFilter(filter: LogFilter): void {
    this.buffer.setFilter(filter)
    this.#tell({})
    this.#work()
    // Who looks for something means the whole log.
    this.#wantsAll = filter.text.trim() !== '' || filter.process !== ''
    if (this.#wantsAll) void this.loadOlder()
  }

  /** One part more in front of the first line; with a filter, part after part until there is no more. */
  async loadOlder(): Promise<void> {
    if (this.#state.loading || !this.#state.hasOlder || !this.#state.ready) return
    do {
      await this.#load(PAGE)
    } while (
      this.#wantsAll &&
      this.#state.hasOlder &&
      this.#state.failure === null &&
      !this.#leave.signal.aborted
    )
  }

  /** Everything that is kept, and that a page holds. */
  async loadAll(): Promise<void> {
    this.#wantsAll = true
    await this.loadOlder()
  }

  async #load(lines: number): Promise<void> {
    this.#tell({ loading: true, failure: null })
    try {
      const before = this.buffer.first
      const query = before === null ? { lines } : { lines, before }
      const got = await call(logEndpoints.lines, { params: { app: this.#app }, query }, this.#leave.signal)
      this.buffer.prepend(got)
      const hasOlder =
        got.length === lines && (got[0]?.seq ?? 1) > 1 && this.buffer.lines.length < MAX_LINES - PAGE
      this.#tell({ loading: false, ready: true, hasOlder })
    } catch (error) {
      if (!this.#leave.signal.aborted) this.#tell({ loading: false, ready: true, failure: error })
    }
  }

  /** A changed filter, a part a frame. */
  #work(): void {
    if (!this.buffer.isFiltering) return
    requestAnimationFrame(() => {
      if (this.#leave.signal.aborted) return
      const more = this.buffer.step(STEP)
      this.#tell({})
      if (more) this.#work()
    })
  }

  /** However many lines come, a page is drawn once a frame. */
  #tell(change: Partial<LogState>): void {
    this.#state = { ...this.#state, ...change, version: this.#state.version + 1 }
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      for (const tell of this.#listeners) tell()
    })
  }
}

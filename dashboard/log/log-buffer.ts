import type { LogLine } from '../../server/contract/logs.ts'
import { plainText } from './ansi.ts'

export interface LogFilter {
  /** Looked for in the text, whatever the case; '' takes every line. */
  readonly text: string
  /** `web` takes `web.1` too; '' takes all. */
  readonly process: string
}

export const NO_FILTER: LogFilter = { text: '', process: '' }

/** As many as a page keeps: beyond this the oldest are let go, and can be loaded again. */
export const MAX_LINES = 250_000
const DROP = 25_000

/** Whether a line is shown. `needle` is the filter's text in lower case. Pure. */
export function matches(line: LogLine, process: string, needle: string): boolean {
  if (process !== '' && line.process !== process && !line.process.startsWith(`${process}.`)) return false
  return (
    needle === '' ||
    plainText(line.text).toLowerCase().includes(needle) ||
    line.process.toLowerCase().includes(needle)
  )
}

/**
 * The lines that a page holds and those that pass the filter. Lines come at the end as they happen and at the front as
 * older ones are loaded; each is kept once, by its number. A changed filter is worked off in `step`s, so that two hundred
 * thousand lines never hold up the page. No part of it touches the page itself.
 */
export class LogBuffer {
  #lines: LogLine[] = []
  #shown: LogLine[] = []
  #filter = NO_FILTER
  #needle = ''
  /** Up to where the filter has looked, counted from the end: the newest lines are shown first. */
  #todo = 0
  #processes = new Set<string>()
  /** How many shown lines were put in front (or, negative, taken away there) so far: what a view scrolls by. */
  #shift = 0

  get lines(): readonly LogLine[] {
    return this.#lines
  }
  get shown(): readonly LogLine[] {
    return this.#shown
  }
  get shift(): number {
    return this.#shift
  }
  get filter(): LogFilter {
    return this.#filter
  }
  /** Process types and instances that were seen, for the list to choose from. */
  get processes(): readonly string[] {
    return [...this.#processes].sort()
  }
  get first(): number | null {
    return this.#lines[0]?.seq ?? null
  }
  get last(): number | null {
    return this.#lines.at(-1)?.seq ?? null
  }
  /** Whether a changed filter still has lines to look at. */
  get isFiltering(): boolean {
    return this.#todo > 0
  }

  append(lines: readonly LogLine[]): void {
    const last = this.last ?? -1
    const fresh = lines.filter(({ seq }) => seq > last)
    for (const line of fresh) {
      this.#lines.push(line)
      this.#note(line)
      if (this.#passes(line)) this.#shown.push(line)
    }
    if (this.#lines.length > MAX_LINES) this.#dropOldest()
  }

  prepend(lines: readonly LogLine[]): void {
    const first = this.first ?? Number.POSITIVE_INFINITY
    const older = lines.filter(({ seq }) => seq < first)
    for (const line of older) this.#note(line)
    this.#lines = [...older, ...this.#lines]
    if (this.isFiltering) {
      this.#todo += older.length
      return
    }
    const passing = older.filter((line) => this.#passes(line))
    this.#shown = [...passing, ...this.#shown]
    this.#shift += passing.length
  }

  setFilter(filter: LogFilter): void {
    this.#filter = filter
    this.#needle = filter.text.trim().toLowerCase()
    const everything = this.#needle === '' && filter.process === ''
    this.#shown = everything ? [...this.#lines] : []
    this.#todo = everything ? 0 : this.#lines.length
    this.#shift = 0
  }

  /** Looks at up to `count` more lines, from the newest to the oldest. True: there are more. */
  step(count: number): boolean {
    const from = Math.max(0, this.#todo - count)
    const passing = this.#lines.slice(from, this.#todo).filter((line) => this.#passes(line))
    this.#todo = from
    if (passing.length > 0) {
      this.#shown = [...passing, ...this.#shown]
      this.#shift += passing.length
    }
    return from > 0
  }

  /** The last to be seen is begun with; older ones are let go. */
  clear(): void {
    this.#lines = []
    this.#shown = []
    this.#todo = 0
    this.#shift = 0
  }

  #passes(line: LogLine): boolean {
    return matches(line, this.#filter.process, this.#needle)
  }

  #note({ process }: LogLine): void {
    this.#processes.add(process)
  }

  #dropOldest(): void {
    this.#lines = this.#lines.slice(DROP)
    const first = this.first ?? 0
    const kept = this.#shown.findIndex(({ seq }) => seq >= first)
    const gone = kept === -1 ? this.#shown.length : kept
    this.#shown = this.#shown.slice(gone)
    this.#shift -= gone
    this.#todo = Math.max(0, this.#todo - DROP)
  }
}

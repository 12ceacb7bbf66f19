import type { LogLine } from '../../server/contract/logs.ts'
import { plainText } from './ansi.ts'
import { TwoEnded } from './two-ended.ts'

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
  readonly #lines = new TwoEnded<LogLine>()
  #shown = new TwoEnded<LogLine>()
  #filter = NO_FILTER
  #needle = ''
  /** Lines in front of this position still have to be looked at; null: none. */
  #todo: number | null = null
  readonly #processes = new Set<string>()

  get lines(): TwoEnded<LogLine> {
    return this.#lines
  }
  get shown(): TwoEnded<LogLine> {
    return this.#shown
  }
  get filter(): LogFilter {
    return this.#filter
  }
  /** Process types and instances that were seen, for the list to choose from. */
  get processes(): readonly string[] {
    return [...this.#processes].sort()
  }
  get first(): number | null {
    return this.#lines.first?.seq ?? null
  }
  get last(): number | null {
    return this.#lines.last?.seq ?? null
  }
  /** Whether a changed filter still has lines to look at. */
  get isFiltering(): boolean {
    return this.#todo !== null
  }

  append(lines: readonly LogLine[]): void {
    for (const line of lines) {
      if (line.seq <= (this.last ?? -1)) continue
      this.#lines.push(line)
      this.#processes.add(line.process)
      if (this.#passes(line)) this.#shown.push(line)
    }
    if (this.#lines.length > MAX_LINES) this.#dropOldest()
  }

  prepend(lines: readonly LogLine[]): void {
    for (const line of lines.toReversed()) {
      if (line.seq >= (this.first ?? Number.POSITIVE_INFINITY)) continue
      this.#lines.unshift(line)
      this.#processes.add(line.process)
      // While older lines are still looked at, these wait for their turn.
      if (!this.isFiltering && this.#passes(line)) this.#shown.unshift(line)
    }
  }

  setFilter(filter: LogFilter): void {
    this.#filter = filter
    this.#needle = filter.text.trim().toLowerCase()
    this.#shown = new TwoEnded()
    this.#todo = this.#lines.length === 0 ? null : this.#lines.start + this.#lines.length
  }

  /** Looks at up to `count` more lines, from the newest to the oldest. True: there are more. */
  step(count: number): boolean {
    if (this.#todo === null) return false
    const end = Math.max(this.#lines.start, this.#todo - count)
    for (let position = this.#todo - 1; position >= end; position -= 1) {
      const line = this.#lines.at(position)
      if (line !== undefined && this.#passes(line)) this.#shown.unshift(line)
    }
    this.#todo = end > this.#lines.start ? end : null
    return this.isFiltering
  }

  #passes(line: LogLine): boolean {
    return matches(line, this.#filter.process, this.#needle)
  }

  #dropOldest(): void {
    this.#lines.drop(DROP)
    const first = this.first ?? 0
    let gone = 0
    for (const { seq } of this.#shown) {
      if (seq >= first) break
      gone += 1
    }
    this.#shown.drop(gone)
  }
}

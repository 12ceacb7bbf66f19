import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import type { RunnerFacts } from '../config.ts'
import { annotation, command, type Level, outputEntry, type Place, plainLine } from './commands.ts'

/** The runner that started this step: told by lines on stdout and by the files that it named. */
export class Runner {
  readonly facts: RunnerFacts
  readonly #write: (text: string) => void

  constructor(facts: RunnerFacts, write: (text: string) => void) {
    this.facts = facts
    this.#write = write
  }

  /** One line of text, which is taken for no command whoever wrote parts of it. */
  say(text: string): void {
    this.#write(`${plainLine(text)}\n`)
  }

  /** Lines that hold commands or stand between `stop` and `resume`: printed as they are. */
  lines(lines: readonly string[]): void {
    for (const line of lines) this.#write(`${line}\n`)
  }

  mask(secret: string): void {
    if (secret !== '') this.lines([command('add-mask', secret)])
  }

  annotate(level: Level, title: string, message: string, place?: Place): void {
    this.lines([annotation(level, title, message, place)])
  }

  output(name: string, value: string): void {
    if (this.facts.outputFile === null) return
    appendFileSync(this.facts.outputFile, outputEntry(name, value, `end-of-value-${randomUUID()}`))
  }

  summary(markdown: string): void {
    if (this.facts.summaryFile !== null) appendFileSync(this.facts.summaryFile, `${markdown}\n`)
  }
}

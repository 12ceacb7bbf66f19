import chalk from 'chalk'
import ora, { type Ora } from 'ora'
import type { Watcher } from './plan.ts'

export interface Reporter extends Watcher {
  /** A line of text that belongs to no step. */
  line(text: string): void
  warn(text: string): void
  close(): void
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** A line per step with its time on stderr; on a terminal a spinner names what is at work. */
export function createReporter(terminal: boolean): Reporter {
  const working = new Map<string, string>()
  const spinner: Ora | null = terminal ? ora({ stream: process.stderr, discardStdin: false }) : null
  const write = (text: string) => {
    spinner?.stop()
    process.stderr.write(`${text}\n`)
    show()
  }
  const show = () => {
    if (spinner === null) return
    if (working.size === 0) {
      spinner.stop()
      return
    }
    spinner.text = [...working]
      .map(([name, text]) => (text === '' ? name : `${name}: ${text.slice(0, 70)}`))
      .join(' · ')
    spinner.start()
  }
  return {
    started(step) {
      working.set(step, '')
      show()
    },
    said(step, text) {
      working.set(step, text)
      if (spinner === null) write(`  ${step}: ${text}`)
      else show()
    },
    done(step, ms) {
      working.delete(step)
      write(`${chalk.green('✔')} ${step.padEnd(24)} ${chalk.dim(seconds(ms))}`)
    },
    failed(step, ms) {
      working.delete(step)
      write(`${chalk.red('✘')} ${step.padEnd(24)} ${chalk.dim(seconds(ms))}`)
    },
    line: write,
    warn: (text) => write(`${chalk.yellow('!')} ${text}`),
    close() {
      working.clear()
      spinner?.stop()
    },
  }
}

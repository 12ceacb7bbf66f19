import { CliError, EXIT } from './exit.ts'

/** The words of one command, as commander took them apart. */
export class Input {
  readonly args: readonly string[]
  readonly #options: Readonly<Record<string, unknown>>

  constructor(args: readonly string[], options: Readonly<Record<string, unknown>>) {
    this.args = args
    this.#options = options
  }

  /** The value of an option that takes one. */
  text(name: string): string | undefined {
    const value = this.#options[name]
    return typeof value === 'string' ? value : undefined
  }

  /** Whether `--no-<name>` was given. */
  isOff(name: string): boolean {
    return this.#options[name] === false
  }

  flag(name: string): boolean {
    return this.#options[name] === true
  }

  /** The value of an option that counts something. Throws a usage error for anything but a number from 0 on. */
  count(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (!/^\d{1,9}$/.test(text)) {
      throw new CliError('usage', `--${name} takes a number, not ${JSON.stringify(text)}.`, {
        exit: EXIT.usage,
      })
    }
    return Number(text)
  }

  /** An argument that commander has already made sure of. */
  required(index: number): string {
    const value = this.args[index]
    if (value === undefined) throw new CliError('usage', 'An argument is missing.', { exit: EXIT.usage })
    return value
  }
}
